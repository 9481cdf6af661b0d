"""The one door to the API server: six questions and one write, with its errors translated to ours."""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import urllib3
from kubernetes import client, config

from loadtest.cluster.packing import Content
from loadtest.errors import ApiAway, ApiRefused, ClusterError

FIELD_MANAGER = "loadtest"
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
# Seconds to connect and between two reads: short, because every call is tried again.
TIMEOUT_S = (3.0, 10.0)


class ClusterApi:
    """The API server of the cluster in which this process runs, or of the current kubeconfig."""

    def __init__(self, namespace: str | None = None) -> None:
        """Read the service account's token, else the kubeconfig; nothing is sent.

        Raises:
            ClusterError: there is neither.
        """
        try:
            if "KUBERNETES_SERVICE_HOST" in os.environ:
                config.load_incluster_config()
            else:
                config.load_kube_config()
        except (config.ConfigException, OSError) as error:
            raise ClusterError(
                f"There is no way to the cluster's API: {error}. Inside a pod it needs a service account's "
                "token, outside one a kubeconfig."
            ) from None
        # One attempt a call: how long to go on is decided by who asks.
        configuration = client.Configuration.get_default_copy()
        configuration.retries = urllib3.Retry(0, redirect=2)
        self._client = client.ApiClient(configuration)
        self._core = client.CoreV1Api(self._client)
        self._custom = client.CustomObjectsApi(self._client)
        self.namespace = namespace or _namespace_here()

    def apply_config_map(self, name: str, data: Mapping[str, str], binary: Mapping[str, bytes]) -> None:
        """Make these the ConfigMap's keys (server-side apply); keys that others applied stay.

        Raises:
            ClusterError: ApiAway or ApiRefused.
        """
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name},
            "data": dict(data),
            "binaryData": {key: b64encode(content).decode() for key, content in binary.items()},
        }
        _translated(
            lambda: self._core.patch_namespaced_config_map(
                name,
                self.namespace,
                body,
                field_manager=FIELD_MANAGER,
                force=True,
                _content_type="application/apply-patch+yaml",
                _preload_content=False,
                _request_timeout=TIMEOUT_S,
            )
        )

    def config_map(self, name: str) -> Content:
        """A ConfigMap's keys.

        Raises:
            ClusterError: ApiAway or ApiRefused.
        """
        found = self._json(self._core.read_namespaced_config_map, name, self.namespace)
        binary = {key: b64decode(text) for key, text in (found.get("binaryData") or {}).items()}
        return Content(dict(found.get("data") or {}), binary)

    def pods(self, selector: str) -> list[dict[str, Any]]:
        """The pods with these labels, as the API's JSON."""
        return self._items(self._core.list_namespaced_pod, self.namespace, label_selector=selector)

    def pulled_at(self, pod: str) -> dict[str, str]:
        """When each container's image was on the node, by the last event that says so.

        Empty if nobody may read events here, or they are forgotten already.
        """
        selector = f"involvedObject.name={pod},reason=Pulled"
        try:
            events = self._items(self._core.list_namespaced_event, self.namespace, field_selector=selector)
        except ApiRefused:
            return {}
        times: dict[str, str] = {}
        for event in events:
            # Like spec.containers{ray-worker}
            place = str(event.get("involvedObject", {}).get("fieldPath", ""))
            container = place.partition("{")[2].rstrip("}")
            at = event.get("lastTimestamp") or event.get("eventTime") or event.get("firstTimestamp")
            if container and at:
                times[container] = max(times.get(container, ""), str(at))
        return times

    def ray_services(self, selector: str) -> list[dict[str, Any]]:
        """The RayServices with these labels; empty without KubeRay."""
        try:
            return self._items(
                self._custom.list_namespaced_custom_object,
                "ray.io",
                "v1",
                self.namespace,
                "rayservices",
                label_selector=selector,
            )
        except ApiRefused:
            return []

    def node_labels(self, name: str) -> dict[str, str]:
        """A node's labels.

        Raises:
            ApiRefused: reading nodes is a right of its own, which the load job usually lacks.
        """
        node = self._json(self._core.read_node, name)
        return dict(node.get("metadata", {}).get("labels", {}))

    def _items(self, call: Callable[..., Any], *arguments: str, **options: str) -> list[dict[str, Any]]:
        return list(self._json(call, *arguments, **options).get("items", []))

    def _json(self, call: Callable[..., Any], *arguments: str, **options: str) -> dict[str, Any]:
        def ask() -> Any:
            answer = call(*arguments, **options, _preload_content=False, _request_timeout=TIMEOUT_S)
            return json.loads(answer.data)

        answer = _translated(ask)
        return answer if isinstance(answer, dict) else {}


def _translated(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except client.ApiException as error:
        said = _reason(error)
        # 401: a token that is being rotated; 409: another writer was faster.
        if error.status in (0, 401, 409, 429) or error.status >= 500:
            raise ApiAway(f"the API server answers {error.status}: {said}") from None
        raise ApiRefused(f"the API server answers {error.status}: {said}") from None
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise ApiAway(f"the API server can't be reached: {error}") from None


def _reason(error: client.ApiException) -> str:
    try:
        return str(json.loads(error.body)["message"])
    except (ValueError, KeyError, TypeError):
        return str(error.reason)


def _namespace_here() -> str:
    try:
        return (SERVICE_ACCOUNT / "namespace").read_text().strip()
    except OSError:
        pass
    try:
        _, active = config.list_kube_config_contexts()
        return str(active["context"].get("namespace") or "default")
    except (config.ConfigException, OSError, KeyError, TypeError):
        return "default"
