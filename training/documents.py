"""Made-up documents about made-up things, with the questions that their sentences answer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from training import english, korean
from training.forbidden import leaks
from training.frames import Block, blocks, phrases
from training.subjects import Family, Subject, english_subject, korean_subject
from training.template import Fill, Scope, Template, Value

KINDS = {"number": 0.28, "name": 0.22, "date": 0.15, "place": 0.18, "procedure": 0.17}


@dataclass(slots=True)
class Fact:
    """A statement with its questions.

    Attributes:
        kind: number, name, date, place or procedure.
        statement: one or two sentences.
        questions: several ways to ask.
        answer: short, copied from the statement.
    """

    kind: str
    statement: str
    questions: list[str]
    answer: str


@dataclass(slots=True)
class Passage:
    """A piece of a document.

    Attributes:
        document: number of the document in its world.
        language: en or ko.
        title: the document's.
        text: sentences, as the splitter cuts them.
        facts: those stated in it.
    """

    document: int
    language: str
    title: str
    text: str
    facts: list[Fact] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Language:
    """What differs between languages."""

    fill: Fill
    finish: "type[english.Sentence] | type[korean.Sentence]"
    refusal: str


LANGUAGES = {
    "en": Language(english.fill, english.Sentence, "It is not in the documents."),
    "ko": Language(korean.fill, korean.Sentence, "문서에 없습니다."),
}


class World:
    """Documents that share a city, an owner and the kinds of their facts, so that they are easily confused.

    Args:
        random: source of everything.
        documents: how many.
        korean_share: which part of them is Korean.
    """

    def __init__(self, random: Random, *, documents: int, korean_share: float) -> None:
        self._random = random
        self._blocks = {language: self._pick(language) for language in LANGUAGES}
        self._family = Family(random)
        self.passages: list[Passage] = []
        for number in range(documents):
            language = "ko" if random.random() < korean_share else "en"
            self.passages += self._document(number, language)

    def _pick(self, language: str) -> list[Block]:
        """Some kinds of facts; the fewer they are, the more the documents are alike."""
        picked: list[Block] = []
        size = self._random.choice((8, 14, 24, 40, 60))
        for kind, share in KINDS.items():
            known = blocks(language).get(kind, [])
            picked += self._random.sample(known, min(len(known), max(3, round(size * share))))
        return picked

    def _document(self, number: int, language: str) -> list[Passage]:
        random = self._random
        subject = korean_subject(random) if language == "ko" else english_subject(random, self._family)
        if leaks(subject.title):
            return []
        chosen = random.sample(self._blocks[language], min(len(self._blocks[language]), random.randint(3, 9)))
        sentences: list[tuple[str, Fact | None]] = []
        for block in chosen:
            fact = self._fact(block, subject, language)
            if fact is not None:
                sentences.append((fact.statement, fact))
        for _ in range(random.randint(2, 7) if language == "ko" else random.randint(1, 6)):
            sentence = self._filler(subject, language)
            if sentence:
                sentences.append((sentence, None))
        random.shuffle(sentences)
        return _passages(random, number, language, subject.title, sentences)

    def _fact(self, block: Block, subject: Subject, language: str) -> Fact | None:
        for _ in range(4):
            scope = self._scope(language, subject, block.generators)
            finish = LANGUAGES[language].finish
            tag, template = self._random.choice(block.statements)
            statement = finish.statement(self._random, self._say(template, scope))
            statement = self._shortened(statement, subject, language, 9, 0.12)
            statement = self._widen(statement, scope, language)
            asked = self._random.choices(block.fitting(tag), k=3)
            questions = [
                self._shortened(
                    finish.question(self._random, self._say(question, scope, question=True)),
                    subject,
                    language,
                    7,
                    0.15,
                )
                for question in asked
            ]
            answer = finish.answer(self._say(block.answer, scope))
            if answer in statement and not leaks(" ".join((statement, answer, *questions))):
                return Fact(block.kind, statement, list(dict.fromkeys(questions)), answer)
        return None

    def _shortened(self, text: str, subject: Subject, language: str, least: int, share: float) -> str:
        """At times without ``of`` and the subject: the document's title tells it, or the words around."""
        if language != "en" or self._random.random() > share:
            return text
        for name in subject.names:
            for word in ("of", "at", "in", "for"):
                short = text.replace(f" {word} {name}", "", 1)
                if short != text and len(short.split()) >= least:
                    return short
        return text

    def _widen(self, statement: str, scope: Scope, language: str) -> str:
        """At times with a phrase before it and one behind it."""
        lists = phrases(language)
        finish = LANGUAGES[language].finish
        if "tail" in lists and self._random.random() < 0.35:
            statement = finish.with_tail(statement, self._phrase("tail", scope))
        if "ante" in lists and self._random.random() < 0.12:
            statement = finish.with_ante(statement, self._phrase("ante", scope))
        return statement

    def _phrase(self, name: str, scope: Scope) -> str:
        return str(scope.fill(name, scope).show("", synonym=False, question=False))

    def _filler(self, subject: Subject, language: str) -> str:
        for _ in range(4):
            scope = self._scope(language, subject, {})
            sentence = LANGUAGES[language].finish.statement(self._random, self._phrase("sent", scope))
            if not leaks(sentence):
                return sentence
        return ""

    def _scope(self, language: str, subject: Subject, generators: dict[str, str]) -> Scope:
        outer: dict[str, Value] = {"E": subject, "Q": subject}
        return Scope(self._random, LANGUAGES[language].fill, generators, outer)

    def _say(self, template: Template, scope: Scope, *, question: bool = False) -> str:
        return re.sub(r"\s+", " ", template.render(scope, question=question)).strip()


def _passages(
    random: Random, number: int, language: str, title: str, sentences: Sequence[tuple[str, Fact | None]]
) -> list[Passage]:
    """Cut into paragraphs of 1 to 4 sentences and passages of 1 or 2 paragraphs, as the splitter would."""
    passages: list[Passage] = []
    at = 0
    shortest = random.choice((1, 2, 2, 3))
    while at < len(sentences):
        paragraphs: list[str] = []
        facts: list[Fact] = []
        for _ in range(random.choice((1, 1, 2))):
            paragraph = sentences[at : at + random.randint(shortest, shortest + 1)]
            at += len(paragraph)
            if paragraph:
                paragraphs.append(" ".join(sentence for sentence, _ in paragraph))
                facts += [fact for _, fact in paragraph if fact is not None]
        text = "\n\n".join(paragraphs)
        if not passages and random.random() < 0.85:
            text = f"# {title}\n\n{text}" if random.random() < 0.9 else f"{title}\n\n{text}"
        # Each sentence is clean; two of them may still make a phrase of the corpus where they meet.
        if not leaks(text):
            passages.append(Passage(number, language, title, text, facts))
    return passages
