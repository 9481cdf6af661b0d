"""kubectl and helm, as a user runs them."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]


class CommandFailed(AssertionError):
    """A command ended with an error; the message has all it printed."""


def run(*command: str, stdin: str | None = None, timeout_s: float = 300, check: bool = True) -> str:
    """Run a command in the repository; gives its standard output.

    Raises:
        CommandFailed: it failed and ``check`` is set, or it took longer than ``timeout_s``.
    """
    try:
        done = subprocess.run(
            command, input=stdin, capture_output=True, text=True, timeout=timeout_s, cwd=REPOSITORY
        )
    except subprocess.TimeoutExpired as error:
        raise CommandFailed(f"{' '.join(command)} took over {timeout_s:g} s\n{error.stdout!r}") from error
    if check and done.returncode:
        raise CommandFailed(
            f"{' '.join(command)} ended with {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        )
    return done.stdout


def wait_until(what: str, seen: Callable[[], Any], timeout_s: float, every_s: float = 1.0) -> Any:
    """Call ``seen`` until it gives something true; gives that.

    Raises:
        AssertionError: not within ``timeout_s``; names ``what`` and the last answer.
    """
    deadline = time.monotonic() + timeout_s
    last: Any = None
    while time.monotonic() < deadline:
        try:
            last = seen()
        except CommandFailed as error:
            last = error
        else:
            if last:
                return last
        time.sleep(every_s)
    raise AssertionError(f"{what}: not within {timeout_s:g} s; last seen: {last}")


class Namespace:
    """A namespace of a cluster, reached by kubectl and helm.

    Attributes:
        name: of the namespace.
        release: name of the Helm release in it.
    """

    def __init__(self, name: str, release: str) -> None:
        self.name = name
        self.release = release

    def kubectl(
        self, *words: str, stdin: str | None = None, timeout_s: float = 120, check: bool = True
    ) -> str:
        """Run kubectl in the namespace."""
        return run("kubectl", "-n", self.name, *words, stdin=stdin, timeout_s=timeout_s, check=check)

    def helm(self, *words: str, timeout_s: float = 300, check: bool = True) -> str:
        """Run helm in the namespace."""
        return run("helm", "-n", self.name, *words, timeout_s=timeout_s, check=check)

    def make(self, *words: str, timeout_s: float = 600, check: bool = True) -> str:
        """Run a make target against the release."""
        return run(
            "make",
            "--no-print-directory",
            *words,
            f"RELEASE={self.release}",
            f"NAMESPACE={self.name}",
            timeout_s=timeout_s,
            check=check,
        )

    def get(self, *words: str) -> dict[str, Any]:
        """``kubectl get … -o json``."""
        answer: dict[str, Any] = json.loads(self.kubectl("get", *words, "-o", "json"))
        return answer

    def items(self, *words: str) -> list[dict[str, Any]]:
        """The objects of a list."""
        return list(self.get(*words)["items"])

    def apply(self, *objects: dict[str, Any]) -> None:
        """Apply objects."""
        self.kubectl(
            "apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
        )

    def serving_pods(self) -> list[dict[str, Any]]:
        """Pods behind the Service that are ready and not being deleted."""
        return [pod for pod in self.worker_pods() if is_ready(pod)]

    def worker_pods(self) -> list[dict[str, Any]]:
        """Pods for replicas, ready or not, until they are gone."""
        return self.items("pods", "-l", f"app.kubernetes.io/instance={self.release},rag-llm/serves-http=true")

    def python(self, script: str, timeout_s: float = 120) -> Any:
        """Run a Python script in a pod that serves; gives what it prints, read as JSON.

        In the script ``KEY`` is an API key and ``URL`` the Service's address.
        """
        pod = self.serving_pods()[0]["metadata"]["name"]
        beginning = (
            "import json, os\n"
            "KEY = os.environ['RAG_LLM_SERVER__API_KEYS'].split(',')[0]\n"
            f"URL = 'http://{self.release}:8000'\n"
        )
        return json.loads(
            self.kubectl(
                "exec", "-i", pod, "--", "python", "-", stdin=beginning + script, timeout_s=timeout_s
            )
        )

    def environment(self) -> dict[str, Any]:
        """``GET /v1/environment``."""
        answer: dict[str, Any] = self.python(
            "import httpx\n"
            "print(httpx.get(URL + '/v1/environment', headers={'authorization': 'Bearer ' + KEY}).text)"
        )
        return answer

    def on_head(self, command: str) -> str:
        """Run a bash command in the Ray head that is ready; gives what it prints."""
        (head,) = (pod for pod in self.items("pods", "-l", "ray.io/node-type=head") if is_ready(pod))
        return self.kubectl("exec", head["metadata"]["name"], "-c", "ray-head", "--", "bash", "-c", command)

    def ray_cluster(self) -> str:
        """Name of the Ray cluster that serves now."""
        service = self.items("rayservice")[0]
        return str(service["status"]["activeServiceStatus"]["rayClusterName"])


def is_ready(pod: dict[str, Any]) -> bool:
    """Whether a pod is ready and not on its way out."""
    conditions = {each["type"]: each["status"] for each in pod.get("status", {}).get("conditions", [])}
    return conditions.get("Ready") == "True" and "deletionTimestamp" not in pod["metadata"]
