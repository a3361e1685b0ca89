"""Understanding one text: crisis, loss, stop, the rest, in this order; every one that is found applies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from bot.domain.directory import district
from bot.domain.meaning import LossKind, Meaning, SaidDate, StopKind, Word
from bot.words import asked
from bot.words.crisis import crises
from bot.words.dates import Wanted, said_date
from bot.words.lexicon import Language, Lexicon
from bot.words.match import Text, fold, nearest, nearest_within
from bot.words.spelled import in_figures

# Nobody who tells of a loss must then be asked about a baby in the same breath.
_OF_A_LIVING_BABY = frozenset([Word.BORN, Word.DUE, Word.HOME, Word.NEONATAL])
_TAKES_MORE = {Word.BORN: "birth", Word.DUE: "due", Word.HOME: "birth", Word.NEONATAL: "birth"}
_CODE = re.compile(r"[a-z0-9_-]{4,64}")
_NUMBER = re.compile(r"([0-9]{1,2})")
LONGEST_WHOLE = 24  # words; no whole message that is listed has more


def understand(text: str, lexicon: Lexicon, languages: Sequence[str], today: date) -> Meaning:
    """Everything that a text says.

    Crisis, loss and stop words count in every language; the other words in `languages`, the writer's first.
    Never raises for any text, however long, empty or odd; nothing in it is ever run.
    """
    read = Text(text, lexicon.vocabulary, lexicon.spellings)
    if not read:
        return Meaning(empty=True)
    spoken = [lexicon.languages[code] for code in languages if code in lexicon.languages]
    found, loss = crises(read, lexicon), _loss(read, lexicon)
    topic = _topic(read, spoken)
    stop, stop_topic = _stop(read, lexicon, spoken)
    if stop is StopKind.UNCLEAR and (found or loss):
        stop = None  # "bleeding wont stop"; a loss ends every message already
    word, more = _word(read, spoken)
    if loss and word in _OF_A_LIVING_BABY:
        word, more = None, ""
    if loss or found:
        topic = None  # nobody in need is sent to a page about sleep
    digit = _digit(read.whole, spoken)
    area = district((more if word is Word.MOVED else read.whole).removeprefix("to "))
    said = None if loss or area or digit is not None else _date(text, word, spoken, languages, today)
    near, tongue = None, _tongue(read, lexicon) if found or loss or stop else None
    if not (found or loss or stop or word or topic or said or area or digit is not None):
        word, tongue = _help(read, lexicon)
    if not (found or loss or stop or word or topic or said or area or digit is not None):
        near = None if read.whole in lexicon.crises.ordinary else _near(read, spoken)
        stop, near = (StopKind.UNCLEAR, None) if near == "stop" else (stop, near)
    label = asked.label(word, more)
    who = label or read.whole
    return Meaning(
        crises=found, loss=loss, stop=stop, stop_topic=stop_topic, word=word, digit=digit, topic=topic,
        near=near, code=_code(word, more), said_date=said, area=area,
        language=_named(word, more, read, lexicon),
        label=label, named=asked.named(word, more, read, lexicon), part=asked.part(word, more, read, spoken),
        several=read.has(lexicon.several), tongue=tongue,
        role=next((one.roles[who] for one in spoken if who in one.roles), None),
    )  # fmt: skip


def pressing(text: str, lexicon: Lexicon) -> bool:
    """Whether a text says what cannot wait, as `Meaning.urgent` does; for a fraction of understanding it all,
    since crisis, loss and stop words are the same in whatever language somebody is spoken to."""
    read = Text(text, lexicon.vocabulary, lexicon.spellings)
    return bool(read) and bool(crises(read, lexicon) or _loss(read, lexicon) or _stop_of_all(read, lexicon))


def _loss(read: Text, lexicon: Lexicon) -> LossKind | None:
    """How plainly a loss is told; a hedged one ("scared of a miscarriage") only pauses and asks."""
    listed = lexicon.losses
    rest = read.without(listed.never)
    ended = rest.has(listed.ended)
    if read.whole in listed.whole:
        return LossKind.PLAIN
    if rest.has(listed.plain):
        return LossKind.UNCLEAR if rest.has(listed.hedges) else LossKind.PLAIN
    if ended:
        return LossKind.UNCLEAR if rest.has(listed.hedges) else LossKind.ENDED
    return LossKind.UNCLEAR if rest.has(listed.unclear) else None


def _stop(read: Text, lexicon: Lexicon, spoken: Sequence[Language]) -> tuple[StopKind | None, str | None]:
    """How the wish to end was said, and the topic if it is one topic that shall end."""
    listed = lexicon.stops
    if (total := _stop_of_all(read, lexicon)) is not None:
        return total, None
    first, _, rest = read.whole.partition(" ")
    if first in listed.whole:
        for language in spoken:
            named, tail = _named_topic(rest, language)
            if named and (tail or not read.has(listed.never)):
                return StopKind.TOPIC, named
    unclear = read.without(listed.never).has(listed.words)
    return (StopKind.UNCLEAR if unclear else None), None


def _stop_of_all(read: Text, lexicon: Lexicon) -> StopKind | None:
    """Whether the whole message is one of the closed list that ends everything (P2)."""
    listed = lexicon.stops
    ways = frozenset().union(*(_bare(whole, listed.polite) for whole in read.wholes))
    if not ways.isdisjoint(listed.whole):
        return StopKind.TOTAL
    return None if ways.isdisjoint(listed.wrong_number) else StopKind.WRONG_NUMBER


def _tongue(read: Text, lexicon: Lexicon) -> str | None:
    """The language in which most of what cannot wait is said; of two alike the first, English before all."""
    ways = frozenset().union(*(_bare(whole, lexicon.stops.polite) for whole in read.wholes))
    votes = {one.code: read.count(one.phrases) + (not ways.isdisjoint(one.whole)) for one in lexicon.tongues}
    most = max(votes.values(), default=0)
    return next((code for code, vote in votes.items() if vote == most), None) if most else None


def _help(read: Text, lexicon: Lexicon) -> tuple[Word | None, str | None]:
    """HELP in any language, since whoever we do not know has told us none, and that language."""
    ways = frozenset().union(*(_bare(whole, lexicon.stops.polite) for whole in read.wholes))
    found = next((one.code for one in lexicon.tongues if not ways.isdisjoint(one.help)), None)
    return (None if found is None else Word.HELP), found


def _bare(whole: str, polite: frozenset[str]) -> frozenset[str]:
    """The message as it is, and without one or more of the polite words around it: "hi, please stop".

    No longer than what is listed: of a thousand polite words a million messages could be made.
    """
    words = whole.split()
    count = len(words)
    first = next((place for place, word in enumerate(words) if word not in polite), count)
    last = next((place for place in range(count, 0, -1) if words[place - 1] not in polite), 0)
    return frozenset(
        " ".join(words[begin:end])
        for begin in range(max(0, last - LONGEST_WHOLE), first + 1)
        for end in range(max(begin, last), min(count, begin + LONGEST_WHOLE) + 1)
    )


def _named_topic(rest: str, language: Language) -> tuple[str | None, bool]:
    """The topic that what follows STOP names, and whether it says that messages are meant."""
    words = [word for word in rest.split() if word not in language.messages]
    return language.topics.get(" ".join(words)), len(words) < len(rest.split())


def _word(read: Text, spoken: Sequence[Language]) -> tuple[Word | None, str]:
    """What is asked or answered, and what follows the word: "BORN 3 march", "JOIN 48271639"."""
    for language in spoken:
        if word := _said_whole(read, language):
            return word, ""
    for language in spoken:
        word, more = _leading(read.whole, language)
        if word is not None:
            return word, more
    for language in spoken:
        for word, phrases in language.within:
            if word is Word.DUE and not _has_figures(read.whole):
                continue  # "am i due a scan" gives no new date
            if read.has(phrases):
                return word, ""
    return None, ""


def _said_whole(read: Text, language: Language) -> Word | None:
    """A whole message that is one of our words, with polite ones around it; START stands alone (P2)."""
    for whole in read.wholes:
        if whole in language.whole:
            return language.whole[whole]
        for bare in sorted(_bare(whole, language.polite), key=len, reverse=True):
            word = language.whole.get(bare)
            if word is not None and word is not Word.START:
                return word
    return None


def _leading(whole: str, language: Language) -> tuple[Word | None, str]:
    """A word that takes more after it, when the text begins with it."""
    words = whole.split()
    for length in (3, 2, 1):
        word = language.whole.get(" ".join(words[:length]))
        more = " ".join(words[length:])
        if word in (Word.JOIN, Word.LANGUAGE, Word.REMIND) and more:
            return word, more
        if word is not None and asked.takes(word, more, language):
            return word, more
        if word is Word.MOVED and district(more.removeprefix("to ")):
            return word, more
        if word in _TAKES_MORE and _has_figures(more) and (word is not Word.HOME or _begins_a_date(more)):
            return word, more
        if word in _TAKES_MORE and word is not Word.HOME and len(words) <= length + 2:
            return word, more
    return None, ""


def _begins_a_date(text: str) -> bool:
    """Whether a day is said at once: "home 3 march", "home on the 3rd", and not "home insurance 24/7"."""
    rest = [word for word in text.split() if word not in ("on", "since", "from", "the")]
    return bool(rest) and _has_figures(rest[0])


def _has_figures(text: str) -> bool:
    """Whether there is a number in it, or a day said in words."""
    return any(char.isdigit() for char in in_figures(text))


def _digit(whole: str, spoken: Sequence[Language]) -> int | None:
    """The number a question is answered by: "2", "2.", "two", "1 agree"; never part of a date."""
    first, _, rest = whole.partition(" ")
    if rest.isdecimal():
        first, rest = rest, first  # "yes 1", "option 2"
    answers = (Word.YES, Word.NO, Word.OK, Word.THANKS)
    said = any(
        one.whole.get(rest) in answers or rest in one.roles or rest in one.polite or rest in one.numbered
        for one in spoken
    )
    if _NUMBER.fullmatch(first) and (not rest or said):
        return int(first)
    return next((one.digits[whole] for one in spoken if whole in one.digits), None)


def _topic(read: Text, spoken: Sequence[Language]) -> str | None:
    for language in spoken:
        if read.whole in language.topics:
            return language.topics[read.whole]
    for language in spoken:
        found = read.first(language.topics_within)
        if found is not None:
            return language.topic_of[found]
    return None


def _date(
    text: str, word: Word | None, spoken: Sequence[Language], languages: Sequence[str], today: date
) -> SaidDate | None:
    wanted: Wanted = "either"
    if word in (Word.BORN, Word.HOME, Word.NEONATAL):
        wanted = "birth"
    elif word in (Word.DUE, Word.REMIND):
        wanted = "due"
    if word in (Word.JOIN, Word.NEWPHONE):
        return None
    return said_date(_in_english(text, word, spoken), today, wanted, languages)


def _in_english(text: str, word: Word | None, spoken: Sequence[Language]) -> str:
    """The text with its words for weeks, today and the like in English, by which dates are read.

    Weeks only where little else is said: "6 tygodni temu" and "6 weeks old" tell an age, no pregnancy.
    """
    words = text.split()
    named = {native: english for one in spoken for native, english in one.dates.items()}
    if len(words) > (3 if word is Word.DUE else 2):
        named = {native: english for native, english in named.items() if english != "weeks"}
    return " ".join(named.get(fold(one), one) for one in words) if named else text


def _near(read: Text, spoken: Sequence[Language]) -> str | None:
    """What was probably meant: by the whole message or, in a sentence, by a topic's word in it."""
    for one in spoken:
        near = nearest(read.whole, one.near) or nearest_within(read.whole, one.near_topics, one.ordinary)
        if near is not None:
            return near
    return None


def _code(word: Word | None, more: str) -> str | None:
    joined = more.replace(" ", "")
    return joined if word in (Word.JOIN, Word.NEWPHONE) and _CODE.fullmatch(joined) else None


def _named(word: Word | None, more: str, read: Text, lexicon: Lexicon) -> str | None:
    """The language that is asked for by its name."""
    named = more if word is Word.LANGUAGE else read.whole
    return lexicon.called.get(named)
