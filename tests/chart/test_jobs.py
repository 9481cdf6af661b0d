"""The Jobs: the same content is the same Job and index; another one is another, with a place of its own."""

from typing import Any

import pytest

from tests.chart.render import Document, Values, deployment, environment, kinds, pick, render

FILES: Values = {"corpus": {"source": "files", "files": {"a.md": "one", "b.md": "two"}}}


def job(documents: list[Document], component: str) -> Document:
    found = [
        item
        for item in documents
        if item["kind"] == "Job" and item["metadata"]["labels"]["app.kubernetes.io/component"] == component
    ]
    assert len(found) == 1
    return found[0]


def variables(found: Document) -> dict[str, str | None]:
    return environment(found["spec"]["template"])


def index_of(values: Values) -> tuple[str, str, str]:
    """The index Job's name, where it puts the index, and where replicas look for it."""
    documents = render(values)
    found = job(documents, "index")
    served = deployment(documents)["user_config"]["rag"]["index"]
    return found["metadata"]["name"], str(variables(found)["INDEX_ROOT"]), served


def test_replicas_read_what_the_job_makes() -> None:
    _, made, served = index_of({})
    assert made == served
    assert made.startswith("/mnt/shared/faiss_index/")


@pytest.mark.parametrize(
    "values",
    [
        {"rag": {"top_k": 9}},
        {"replicas": {"count": 2}},
        {"architecture": "rac"},
        {"engine": {"max_num_seqs": 9}},
        {"model": {"path": "/mnt/shared/models/other"}},
    ],
)
def test_the_same_content_is_the_same_job(values: Values) -> None:
    assert index_of(values) == index_of({})


@pytest.mark.parametrize(
    "values",
    [
        {"corpus": {"version": "2"}},
        {"corpus": {"source": "path", "path": "documents"}},
        FILES,
        {"indexing": {"passage_tokens": 64}},
        {"embedding": {"model": "/mnt/shared/models/e"}},
    ],
)
def test_other_content_is_another_job_and_place(values: Values) -> None:
    assert not set(index_of(values)) & set(index_of({}))


def test_another_spec_is_another_job_with_the_same_place() -> None:
    """Jobs can't be changed; the new one finds the index there and does nothing."""
    (name, *places), (other, *same) = index_of({}), index_of({"corpus": {"backoffLimit": 1}})
    assert name != other
    assert places == same


@pytest.mark.parametrize(
    ("values", "folder"),
    [
        ({}, "/opt/rag-llm/demo/corpus"),
        (FILES, "/corpus"),
        ({"corpus": {"source": "path", "path": "a/b"}}, "/mnt/shared/a/b"),
    ],
)
def test_where_the_documents_are(values: Values, folder: str) -> None:
    assert variables(job(render(values), "index"))["CORPUS"] == folder


def test_documents_in_values_become_a_config_map_that_never_changes() -> None:
    first, second = render(FILES), render({"corpus": {"source": "files", "files": {"a.md": "other"}}})
    maps = [pick(documents, "ConfigMap") for documents in (first, second)]
    assert maps[0]["data"] == {"a.md": "one", "b.md": "two"}
    assert maps[0]["immutable"] is True
    assert maps[0]["metadata"]["name"] != maps[1]["metadata"]["name"]
    volumes = job(first, "index")["spec"]["template"]["spec"]["volumes"]
    assert {"name": "corpus", "configMap": {"name": maps[0]["metadata"]["name"]}} in volumes


@pytest.mark.parametrize("values", [{"rag": {"index": "/mnt/shared/mine"}}, {"corpus": {"build": False}}])
def test_an_index_that_exists(values: Values) -> None:
    documents = render({"rag": {"index": "/mnt/shared/mine"}} | values)
    assert deployment(documents)["user_config"]["rag"]["index"] == "/mnt/shared/mine"
    assert [item["metadata"]["name"] for item in documents if item["kind"] == "Job"] == [
        job(documents, "models")["metadata"]["name"]
    ]


def test_models_are_fetched_with_a_token() -> None:
    values = {"models": {"tokenSecret": {"name": "hub", "key": "t"}, "endpoint": "https://hub.example"}}
    found = job(render(values), "models")
    container = found["spec"]["template"]["spec"]["containers"][0]
    token = next(item for item in container["env"] if item["name"] == "HF_TOKEN")
    assert token["valueFrom"] == {"secretKeyRef": {"name": "hub", "key": "t"}}
    assert variables(found)["HF_ENDPOINT"] == "https://hub.example"
    assert variables(found)["HF_HUB_OFFLINE"] == "0"
    assert "HF_TOKEN" not in variables(job(render(), "models"))


def test_models_land_where_replicas_look() -> None:
    documents = render()
    (model,) = _models(documents)
    worker = pick(documents, "RayService")["spec"]["rayClusterConfig"]["workerGroupSpecs"][0]["template"]
    assert environment(worker)["RAG_LLM_MODEL__PATH"] == f"/mnt/shared/{model['path']}"


def _models(documents: list[Document]) -> list[dict[str, Any]]:
    import json

    said = variables(job(documents, "models"))["MODELS"]
    models: list[dict[str, Any]] = json.loads(str(said))
    return models


def test_names_stay_short_enough() -> None:
    documents = render({"fullnameOverride": "r" * 47})
    assert max(len(item["metadata"]["name"]) for item in documents) <= 63


def test_the_claim_is_kept() -> None:
    claim = pick(render(), "PersistentVolumeClaim")
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert claim["spec"] == {
        "accessModes": ["ReadWriteMany"],
        "resources": {"requests": {"storage": "50Gi"}},
    }


def test_an_existing_claim_is_used_and_none_made() -> None:
    documents = render({"storage": {"existingClaim": "mine"}})
    assert "PersistentVolumeClaim" not in kinds(documents)
    assert "claimName: mine" in str(documents).replace("'", "")


def test_nothing_to_do_with_a_volume_on_cpu() -> None:
    documents = render(cpu=True)
    assert not {"Job", "PersistentVolumeClaim"} & kinds(documents)
    assert "/mnt/shared" not in str(documents)
