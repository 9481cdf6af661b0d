"""How the demo model was made: documents and questions that are made up, a tokenizer, training, figures.

``frames`` and ``words`` hold sentences and words; ``template`` and ``frames.py`` read them; ``english`` and
``korean`` fill them; ``documents`` puts made-up documents together with questions about them. Nothing of the
shipped corpus is in them: ``forbidden`` sees to that.

It needs torch, transformers, tokenizers, numpy and safetensors, and of this repository ``app/demo`` and
``loadtest/quality/score.py``, which import nothing else.

What doesn't belong here: anything that the service, the demo or the load test needs to run.
"""
