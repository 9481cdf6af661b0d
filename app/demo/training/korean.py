"""Fills the slots of Korean templates."""

import re
from collections.abc import Callable
from functools import lru_cache
from random import Random

from app.demo.training import hangul, quantities
from app.demo.training.frames import phrases
from app.demo.training.template import Scope, Value
from app.demo.training.values import Text
from app.demo.training.words import words

UNITS = {
    "length": "미터 킬로미터 센티미터 밀리미터 걸음 자 리 뼘".split(),
    "time": "초 분 시간 일 개월 년 주 밤".split(),
    "money": "원 냥 닢".split(),
    "qty": (
        "미터 킬로미터 센티미터 밀리미터 제곱미터 세제곱미터 톤 킬로그램 그램 리터 밀리리터 와트 킬로와트 메가와트 메가와트시 "
        "볼트 암페어 헤르츠 메가헤르츠 도 퍼센트 초 분 시간 일 개월 년 데시벨 파스칼 룩스 노트 바이트 기가바이트 원 명 개 대 장 권"
    ).split(),
    "count": "개 대 명 마리 권 장 그루 채 척 통 상자 벌 켤레 송이 병 곳 칸 줄 쪽 자루 필 점 편 가구".split(),
    "people": ["명"],
}
KOREAN_NUMBERS = "한 두 세 네 다섯 여섯 일곱 여덟 아홉 열 열두 스무 서른".split()
COUNTERS = "개 번 줄 대 장 마리 그루 병 자루 상자 통 켤레".split()
ADJECTIVES = (
    "낡은 새로운 작은 큰 긴 짧은 넓은 좁은 깊은 얕은 높은 낮은 무거운 가벼운 두꺼운 얇은 둥근 네모난 굽은 곧은 빈 가득한 "
    "빨간 파란 노란 초록 보라색 흰 검은 붉은 푸른 회색 금빛 은빛 따뜻한 차가운 젖은 마른 깨끗한 더러운 맑은 흐린 조용한 시끄러운 "
    "부드러운 거친 단단한 말랑한 오래된 이름 없는 귀한 흔한 깨진 녹슨 빛나는 잃어버린 빌린 남은 숨은 유명한"
).replace("이름 없는", "이름없는").split()
ENDINGS = (
    "무겁다 가볍다 크다 작다 길다 짧다 넓다 좁다 깊다 높다 낮다 따뜻하다 차갑다 맑다 흐리다 조용하다 시끄럽다 단단하다 부드럽다 "
    "귀하다 흔하다 깨끗하다 오래되었다 빛난다 비어 있다 젖어 있다 잘 마른다 늘 붐빈다"
).split(" ")
STATES = (
    "멈추면 흐려지면 뜨거워지면 차가워지면 끊어지면 넘치면 막히면 얼면 젖으면 기울면 떨어지면 사라지면 부서지면 느려지면 "
    "흔들리면 켜지지 않으면 움직이지 않으면 보이지 않으면 모자라면 열리지 않으면 새면 녹슬면"
)
FREQUENCIES = (
    "아침마다|저녁마다|해마다|철마다|달마다|봄이면|여름이면|가을이면|겨울이면|비 오는 날이면|장날이면|밤이면|새벽에|한 달에 한 번|"
    "하루 두 번|일주일에 한 번|해가 지면|눈이 오면|보름마다|월요일마다|금요일마다"
).split("|")
WHEN = (
    "맑은 날에|비 오는 날에|맑은 밤에|여름에|겨울에|쉬는 날|밤에|낮에|평일에|주말에|장마철에|바람 부는 날에|한 시간에|하루에|1분에|한 번에|"
    "물때가 좋으면|가득 차면|최대로 돌리면|안개 낀 날에"
).split("|")
WIDE = "하루에|한 시간에|1분에|한 달에|한 해에|한 번에|밤새|낮 동안".split("|")
PLACES = (
    "나루 다리 언덕 골목 시장 골 샘 포구 들 마을 고개 섬 숲 광장 거리 역 항 산 봉 바위 못 여울 정류장 마당 회관 터 굴 정자 절 서원 창고 부두 곶 만 벌"
).split()
SPOTS = "동쪽 끝|서쪽 끝|남쪽 끝|북쪽 끝|중턱|꼭대기|뒤편|앞|옆|아래|위|입구|안쪽|한가운데|뒤편 골목|건너편|2층|3층 복도|지하".split("|")
LIVES = "수영 선수였던|교사였던|시를 쓰던|배를 짓던|농사를 짓던|책을 팔던|빵을 굽던|소를 키우던|그림을 그리던|노래를 부르던|전직 {} |한때 {}였던|{} 출신|*만 보고도 *을/를 짐작하는|* 소리만 듣고도 *을/를 아는|* 박사로 불리는|*을/를 모으던|* 캐던 {} |*을/를 좋아하는|*을/를 손으로 고치는|*을/를 깎던 {} ".split("|")
WEEKDAYS = "월요일 화요일 수요일 목요일 금요일 토요일 일요일".split()
MANNERS = "빗물로|손으로|마른 솔로|찬물로|소금으로|둘이서|혼자서|천천히|소리 내어|두 손으로|식초로|모래로".split("|")


class VerbValue:
    """A Korean verb."""

    def __init__(self, random: Random) -> None:
        self._verb = random.choice(hangul.korean_verbs())

    def show(self, form: str, *, synonym: bool, question: bool) -> str:
        """Any form of the verb; a transitive one also stands for its passive."""
        return self._verb.form(form.removesuffix("_passive"))


def noun(random: Random) -> str:
    """A noun, at times two together or a word that doesn't exist."""
    shape = random.random()
    word = random.choice(words("ko_nouns"))
    if shape < 0.25:
        return f"{random.choice(words('ko_nouns'))} {word}"
    if shape < 0.37:
        return hangul.name(random, random.choice((1, 2, 2, 3)))
    if shape < 0.43:
        return f"{''.join(random.choices('ABCDEFGHJKLMNPRSTVW', k=1))}{random.randrange(1, 30)} {word}"
    return word


def amount(random: Random, unit: str) -> Text:
    """``840톤``."""
    return Text(f"{quantities.number(random, decimals=unit not in UNITS['count'])}{unit}", unit=unit)


def place(random: Random) -> Text:
    """A named place, maybe a spot at it: ``노루섬 다리 동쪽 끝`` with another name."""
    kind = random.choice(PLACES)
    word = hangul.name(random, random.choice((1, 2, 2, 3))) if random.random() < 0.6 else random.choice(words("ko_nouns"))
    named = f"{word}{' ' if len(kind) > 1 and random.random() < 0.6 else ''}{kind}"
    if random.random() < 0.3:
        named = f"{named} {random.choice(SPOTS)}"
    elif random.random() < 0.12:
        named, kind = f"{random.choice(('본관', '별관', '옛 건물', '새 건물'))} {random.randrange(1, 9)}층 {word}방", "방"
    return Text(named, type=kind)


def term(random: Random, *, dates: bool = False) -> tuple[str, str]:
    """A term and its English gloss."""
    pairs = [line.split("|") for line in words("ko_terms")]
    start, end = (39, 56) if dates else (0, len(pairs))
    word, gloss = random.choice(pairs[start:end])
    return word, gloss


def procedure(random: Random, ending: str) -> str:
    """``솔을 적시고 문을 연다``; ending: the last verb's form."""
    def clause(form: str) -> str:
        thing = noun(random)
        shape = random.random()
        verb = random.choice(hangul.korean_verbs()).form(form)
        if shape < 0.2:
            thing = f"{random.choice(ADJECTIVES)} {thing}"
        if shape > 0.85:
            return f"{thing}을/를 {random.choice(KOREAN_NUMBERS)} 번 {verb}"
        if shape > 0.75:
            return f"{thing} {random.choice(KOREAN_NUMBERS)} {random.choice(COUNTERS)}을/를 {verb}"
        if shape > 0.68:
            return f"{random.choice(MANNERS)} {thing}을/를 {verb}"
        return f"{thing}을/를 {verb}"

    first = f"{clause('conn')} " if random.random() < 0.45 else ""
    return hangul.particles(first + clause(ending))


def how(random: Random) -> str:
    """``빗물로 두 번``."""
    times = f" {random.choice(KOREAN_NUMBERS)} 번" if random.random() < 0.6 else ""
    tool = random.choice(MANNERS) if random.random() < 0.5 else hangul.particles(f"{noun(random)}으로/로")
    return f"{tool}{times}"


def life(random: Random) -> str:
    """What someone was before."""
    role = random.choice(words("ko_roles"))
    text = random.choice(LIVES).format(role)
    while "*" in text:
        text = text.replace("*", noun(random), 1)
    former = "인" if text.startswith("전직") else ""
    return hangul.particles(text.strip()) + (former if text.endswith(" ") else "")


def must(random: Random) -> str:
    """A procedure that ends in ``-야``."""
    return procedure(random, "must").removesuffix(" 한다")


GENERATORS: dict[str, Callable[[Random], Value]] = {
    "noun": lambda r: Text(noun(r)),
    "verb": VerbValue,
    "adj": lambda r: Text(r.choice(ADJECTIVES)),
    "adj_end": lambda r: Text(r.choice(ENDINGS)),
    "state": lambda r: Text(r.choice(STATES.replace("지 않으면", "지_않으면").split()).replace("_", " ")),
    "role": lambda r: Text(r.choice(words("ko_roles"))),
    "person": lambda r: Text(hangul.person(r)),
    "nick": lambda r: Text(hangul.name(r, r.choice((2, 3, 3, 4))) if r.random() < 0.6 else noun(r)),
    "place": place,
    "date": lambda r: Text(f"{quantities.year(r)}년 {r.randrange(1, 13)}월 {r.randrange(1, 29)}일"),
    "year": lambda r: Text(f"{quantities.year(r)}년"),
    "weekday": lambda r: Text(r.choice(WEEKDAYS)),
    "clock": lambda r: Text(f"{r.choice(('오전', '오후', '아침', '저녁'))} {r.randrange(1, 13)}시" + r.choice(("", f" {r.randrange(5, 60, 5)}분"))),
    "term": lambda r: Text(term(r)[0]),
    "dterm": lambda r: Text(term(r, dates=True)[0]),
    "trouble": lambda r: Text(r.choice("누수 화재 과열 침수 오작동 결빙 고장 단전 합선 폭우 산불 지진 안개 누전 파손".split())),
    "task": lambda r: Text(r.choice("점검 소독 교정 복원 배포 출고 접수 하역 운반 포장 수리 측정 충전 청소 조립 분해 검수 이동 보관 시험".split())),
    "when_phrase": lambda r: Text(r.choice(WHEN)),
    "wide_adv": lambda r: Text(r.choice(WIDE)),
    "freq": lambda r: Text(r.choice(FREQUENCIES)),
    "past_life": lambda r: Text(life(r)),
    "kcount": lambda r: Text(f"{r.choice(KOREAN_NUMBERS)} {r.choice(COUNTERS)}"),
    "vp": lambda r: Text(procedure(r, "present")),
    "vpmust": lambda r: Text(must(r)),
    "vphow": lambda r: Text(how(r)),
}
GLOSSES = (
    "rinse capacity range trip lift repair check start stop closing total output current depth keeper site check-up reading level "
    "flow alert fire leak cleaning packing loading moving size edition class crew hull blade tower shed frame engine notice"
).split()


@lru_cache
def _glosses() -> dict[str, str]:
    return dict(tuple(line.split("|")) for line in words("ko_terms"))


class Gloss:
    """An English word in brackets, or nothing."""

    def __init__(self, scope: Scope) -> None:
        random = scope.random
        word = scope.value("t").show("", synonym=False, question=False) if "t" in scope.generators else ""
        english = _glosses().get(word) or " ".join(random.choices(words("en_nouns"), k=random.choice((1, 1, 2))))
        self._text = f"({english})" if random.random() < 0.6 else ""

    def show(self, form: str, *, synonym: bool, question: bool) -> str:
        """The gloss."""
        return self._text


class Phrase(Text):
    """A phrase of a list."""

    def __init__(self, name: str, scope: Scope) -> None:
        template = scope.random.choice(phrases("ko")[name])
        super().__init__(template.render(Scope(scope.random, scope.fill, template.generators, scope.outer)))


def fill(generator: str, scope: Scope) -> Value:
    """A value from a generator, a kind of quantity, a list of phrases or the words given (``=a|b``)."""
    if generator.startswith("="):
        return Text(scope.random.choice(generator[1:].split("|")))
    if generator in GENERATORS:
        return GENERATORS[generator](scope.random)
    if generator in UNITS:
        return amount(scope.random, scope.random.choice(UNITS[generator]))
    if generator == "gloss":
        return Gloss(scope)
    return Phrase(generator, scope)


class Sentence:
    """How Korean sentences end."""

    @staticmethod
    def statement(random: Random, text: str) -> str:
        """With particles and a full stop."""
        text = re.sub(r"\s+", " ", hangul.particles(text)).strip()
        return text if text.endswith(".") else text + "."

    @staticmethod
    def question(random: Random, text: str) -> str:
        """With particles; rarely without its question mark."""
        text = re.sub(r"\s+", " ", hangul.particles(text)).strip()
        return text.rstrip("?") if random.random() < 0.04 else text

    @staticmethod
    def answer(text: str) -> str:
        """With particles."""
        return re.sub(r"\s+", " ", hangul.particles(text)).strip()

    @staticmethod
    def with_tail(statement: str, tail: str) -> str:
        """Korean sentences take no tail."""
        return statement

    @staticmethod
    def with_ante(statement: str, ante: str) -> str:
        """Korean sentences take nothing before."""
        return statement
