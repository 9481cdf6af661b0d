# Sourced by what works in a cluster: where the release is, and how to talk about it.
# shellcheck shell=bash
# Variables (make passes its own on): RELEASE, NAMESPACE, CONTEXT, CHART_VALUES; KUBECONFIG as kubectl reads it.

# shellcheck source=loadtest/bin/script.sh
. "$(dirname "${BASH_SOURCE[0]}")/script.sh"
CHART=$ROOT/charts
RELEASE=${RELEASE:-rag-llm}

for program in kubectl helm; do
  command -v "$program" >/dev/null || die "$program is not on the PATH: it is needed, and nothing else is."
done

# Expanded with ${…+…}: macOS has a bash that takes an empty list for an unset one.
KUBECTL_OPTIONS=() HELM_OPTIONS=()
if [ -n "${CONTEXT:-}" ]; then
  KUBECTL_OPTIONS+=(--context "$CONTEXT")
  HELM_OPTIONS+=(--kube-context "$CONTEXT")
fi
if [ -z "${NAMESPACE:-}" ]; then
  NAMESPACE=$(kubectl ${KUBECTL_OPTIONS[@]+"${KUBECTL_OPTIONS[@]}"} config view --minify -o 'jsonpath={..namespace}' 2>/dev/null) || true
  NAMESPACE=${NAMESPACE:-default}
fi

k() { kubectl ${KUBECTL_OPTIONS[@]+"${KUBECTL_OPTIONS[@]}"} --namespace "$NAMESPACE" --request-timeout=20s "$@"; }
# For what takes as long as it takes.
k_long() { kubectl ${KUBECTL_OPTIONS[@]+"${KUBECTL_OPTIONS[@]}"} --namespace "$NAMESPACE" "$@"; }
h() { helm ${HELM_OPTIONS[@]+"${HELM_OPTIONS[@]}"} --namespace "$NAMESPACE" "$@"; }

check_cluster() {
  local answer
  answer=$(k get namespace "$NAMESPACE" -o name 2>&1) && return
  case $answer in
    *NotFound*) die "There is no namespace $NAMESPACE in this cluster: give NAMESPACE=…" ;;
    *Forbidden*) ;; # Reading namespaces is a right of its own.
    *) die "The cluster can't be reached: $(tail -n 1 <<<"$answer")" ;;
  esac
}

# Write the values that the release was installed with into a file.
release_values() { # FILE
  if [ -n "${CHART_VALUES:-}" ]; then
    [ -r "$CHART_VALUES" ] || die "CHART_VALUES=$CHART_VALUES can't be read."
    cp "$CHART_VALUES" "$1"
    return
  fi
  h get values "$RELEASE" -o yaml >"$1" 2>"$WORK/helm" && return
  if grep -q 'not found' "$WORK/helm"; then
    local others
    others=$(h list --short 2>/dev/null | paste -sd' ' -)
    die "There is no Helm release $RELEASE in namespace $NAMESPACE (there: ${others:-none}): give RELEASE=… and" \
      "NAMESPACE=…, or install it: helm install $RELEASE charts/ --namespace $NAMESPACE. For a service that was" \
      "applied without Helm give the values it was made from: CHART_VALUES=charts/values-cpu.yaml"
  fi
  die "helm get values failed: $(cat "$WORK/helm")"
}

# Name of the release's objects, as the chart makes it.
fullname() {
  case $RELEASE in
    *rag-llm*) echo "$RELEASE" ;;
    *) echo "$RELEASE-rag-llm" ;;
  esac
}
