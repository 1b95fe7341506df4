"""Writes with a model of Transformers, token by token. Lives in the worker's process only: importing it loads torch."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
    StoppingCriteria,
    StoppingCriteriaList,
)
from transformers.generation.streamers import BaseStreamer

from hameau.models.engines.transformers_text import Decoder, Kind, Parts, Stops, call_of

_CHUNK = 256  # tokens of the prompt that are read at a time
Tell = Callable[[dict[str, Any]], None]


class Stopped(Exception):
    """Nobody wants the answer any more."""


class Writer:
    """One model in memory. For one request at a time. Never runs code that lies beside the weights."""

    def __init__(self, path: str, threads: int, context: int) -> None:
        torch.set_num_threads(threads)
        torch.set_grad_enabled(False)
        options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        self._tokenizer = AutoTokenizer.from_pretrained(path, **options)
        loaded = AutoModelForCausalLM.from_pretrained(path, dtype="auto", use_safetensors=True, **options)
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._model = loaded.to(self._device).eval()
        reads = getattr(self._model.config, "max_position_embeddings", None) or context
        self._context = min(context, reads)
        template = self._tokenizer.chat_template or ""
        self._thinks = "</think>" in f"{template}" or "</think>" in self._tokenizer.get_added_vocab()
        self._wanted: Callable[[], bool] = lambda: True
        for module in self._model.modules():
            if isinstance(module, torch.nn.ModuleList):
                for layer in module:
                    layer.register_forward_pre_hook(self._look)

    def write(self, ask: dict[str, Any], tell: Tell, unwanted: Callable[[], bool]) -> dict[str, Any]:
        """Answers ``ask`` in pieces given to ``tell``, until it is done or ``unwanted``; returns how it ended."""
        try:
            text = self._prompt(ask)
        except Exception as error:  # noqa: BLE001 - a stranger's template: what it raises is told, and logged by the caller
            return {"bad": f"{type(error).__name__}: {error}"[:300]}
        tokens = self._tokenizer(text, return_tensors="pt", add_special_tokens=not ask["messages"]).input_ids
        count = tokens.shape[1]
        if count >= self._context or not count:
            return {"prompt": count, "context": self._context} if count else {"bad": "an empty prompt"}
        room = self._context - count
        most = room if ask["max_tokens"] < 0 else min(ask["max_tokens"], room)
        pieces = _Pieces(self, ask, text, tell)
        begun = time.monotonic()
        if most > 0:
            self._generate(ask, tokens, most, pieces, unwanted)
        return pieces.end(count, most, begun)

    def ends(self) -> set[int]:
        """The tokens that end an answer."""
        said = self._model.generation_config.eos_token_id
        several = said if isinstance(said, list) else [said]
        return {token for token in (*several, self._tokenizer.eos_token_id) if token is not None}

    def decode(self, tokens: Any) -> str:
        """Text of tokens, without those that only mean something to the model."""
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False))

    @property
    def thinks(self) -> bool:
        """Whether it writes thoughts between tags."""
        return self._thinks

    def raw(self, token: int) -> str:
        """One token as it stands alone."""
        return str(self._tokenizer.decode([token]))

    def _prompt(self, ask: dict[str, Any]) -> str:
        if not ask["messages"]:
            return str(ask["prompt"])
        if not self._tokenizer.chat_template:
            raise ValueError("this model has no template for a chat")
        # The library renders it in a sandbox of Jinja: a template can't reach anything but its arguments.
        text = self._tokenizer.apply_chat_template(
            ask["messages"],
            tools=ask["tools"] or None,
            tokenize=False,
            add_generation_prompt=True,
            enable_thinking=ask["think"],
        )
        return f"{text}{ask['prefill']}"

    def _generate(
        self, ask: dict[str, Any], tokens: Any, most: int, pieces: _Pieces, unwanted: Callable[[], bool]
    ) -> None:
        if ask["seed"] is not None:
            torch.manual_seed(ask["seed"] % (1 << 63))
        self._wanted = lambda: not unwanted()
        try:
            self._model.generate(
                tokens.to(self._device),
                attention_mask=torch.ones_like(tokens).to(self._device),
                generation_config=self._config(ask, most),
                logits_processor=LogitsProcessorList([_Weights(ask, tokens.shape[1], pieces)]),
                stopping_criteria=StoppingCriteriaList([_Until(lambda: pieces.over or unwanted())]),
                streamer=pieces,
            )
        except Stopped:
            pieces.cancelled = True
        finally:
            self._wanted = lambda: True

    def _config(self, ask: dict[str, Any], most: int) -> Any:
        draws = ask["temperature"] > 0
        chosen: dict[str, Any] = {"max_new_tokens": most, "do_sample": draws, "use_cache": True}
        if draws:
            chosen |= {"temperature": ask["temperature"], "top_p": ask["top_p"], "top_k": ask["top_k"]}
            chosen |= {"min_p": ask["min_p"]} if ask["min_p"] else {}
        if ask["repeat_penalty"] != 1.0:
            chosen["repetition_penalty"] = ask["repeat_penalty"]
        ends = sorted(self.ends())
        pad = self._tokenizer.pad_token_id
        pad = pad if pad is not None else ends[0] if ends else 0
        return GenerationConfig(**chosen, eos_token_id=ends or None, pad_token_id=pad)

    def _look(self, *_: object) -> None:
        """Between two layers: is the answer still wanted? So a long prompt is left at once."""
        if not self._wanted():
            raise Stopped


class _Pieces(BaseStreamer):  # type: ignore[misc]
    """Takes tokens from the library and tells their text."""

    def __init__(self, writer: Writer, ask: dict[str, Any], prompt: str, tell: Tell) -> None:
        self._writer = writer
        self._ask = ask
        self._tell = tell
        self._decoder = Decoder(writer.decode)
        self._stops = Stops(ask["stop"])
        opened = writer.thinks and prompt.rstrip().endswith("<think>")
        self._parts = Parts(thinking=writer.thinks, inside=opened, tools=bool(ask["tools"]))
        self._ends = writer.ends()
        self._calls = 0
        self._begun = False
        self._ended = False
        self._first = 0.0
        self.written = 0
        self.weights: Any = None
        self.cancelled = False

    @property
    def over(self) -> bool:
        """Whether a stop word was met."""
        return self._stops.met

    def put(self, value: Any) -> None:
        """One token; the first call brings the prompt."""
        if not self._begun:
            self._begun = True
            return
        token = int(value.reshape(-1)[0])
        self._first = self._first or time.monotonic()
        self.written += 1
        if token in self._ends:
            self._ended = True
            return
        said = self._said(self._parts.feed(self._decoder.feed(token)))
        if self.weights is not None and not self.over:
            said["tokens"] = [self._weighed(token)]
        if said:
            self._tell(said)

    def end(self, *given: Any) -> dict[str, Any]:
        """Called by the library with nothing, and by us with what the end frame needs."""
        if not given:
            return {}
        prompt, most, begun = given
        if said := self._said(self._parts.feed("", last=True), last=True):
            self._tell(said)
        now = time.monotonic()
        first = self._first or now
        stopped = self._ended or self.over
        finish = "cancelled" if self.cancelled else "tool_calls" if self._calls else "stop" if stopped else "length"
        finish = "length" if most <= 0 else finish
        usage = {
            "prompt_tokens": prompt,
            "completion_tokens": self.written,
            "prompt_ms": (first - begun) * 1000,
            "completion_ms": (now - first) * 1000,
        }
        return {"finish": finish, "usage": usage}

    def _said(self, parts: list[tuple[Kind, str]], *, last: bool = False) -> dict[str, Any]:
        said: dict[str, Any] = {}
        for kind, piece in parts:
            if kind == "reasoning":
                said["reasoning"] = said.get("reasoning", "") + piece
            elif kind == "tool" and (call := call_of(piece)) is not None:
                one = {"index": self._calls, "id": f"call_{self._calls}", "name": call[0], "arguments": call[1]}
                said.setdefault("tools", []).append(one)
                self._calls += 1
            elif text := self._stops.feed(piece):
                said["text"] = said.get("text", "") + text
        if last and (rest := self._stops.feed("", last=True)):
            said["text"] = said.get("text", "") + rest
        return said

    def _weighed(self, token: int) -> dict[str, Any]:
        text = self._writer.raw(token)
        most = torch.topk(self.weights, max(1, self._ask["top_logprobs"]))
        others = list(zip(most.indices.tolist(), most.values.tolist(), strict=True))[: self._ask["top_logprobs"]]
        return {
            "token": text,
            "logprob": float(self.weights[token]),
            "raw": list(text.encode("utf-8", "replace")),
            "others": [(self._writer.raw(other), weight) for other, weight in others],
        }


class _Weights(LogitsProcessor):  # type: ignore[misc]
    """Presence, frequency and bias, as OpenAI's reference defines them; notes the probabilities that somebody asked for."""

    def __init__(self, ask: dict[str, Any], prompt: int, pieces: _Pieces) -> None:
        self._ask = ask
        self._prompt = prompt
        self._pieces = pieces
        self._bias = {int(token): float(bias) for token, bias in ask["logit_bias"].items()}

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """The scores of the next token."""
        presence, frequency = self._ask["presence_penalty"], self._ask["frequency_penalty"]
        if presence or frequency:
            counts = torch.bincount(input_ids[0, self._prompt :], minlength=scores.shape[-1])[: scores.shape[-1]]
            scores = scores - presence * (counts > 0) - frequency * counts
        scores = scores.clone() if self._bias else scores
        for token, bias in self._bias.items():
            if 0 <= token < scores.shape[-1]:
                scores[0, token] += bias
        if self._ask["logprobs"]:
            self._pieces.weights = torch.log_softmax(scores[0].float(), dim=-1)
        return scores


class _Until(StoppingCriteria):  # type: ignore[misc]
    """Ends after the token at which ``over`` says so."""

    def __init__(self, over: Callable[[], bool]) -> None:
        self._over = over

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        """Whether each sequence is done."""
        return torch.full((input_ids.shape[0],), self._over(), device=input_ids.device, dtype=torch.bool)
