"""Queries that no paper answers: ``python -m benchmarks nothing_close BEIR_FOLDER ...``.

Each judged collection, and the digests that come with the project, are searched for 200 queries
that nothing in them answers: random letters of several alphabets, sentences about everyday life in
13 languages, and subjects that the collection does not treat. Of these the share is shown for which
the search says that nothing is close; and of the collection's own queries, which have relevant
papers, the share for which it says so wrongly. None of the 200 was used to choose the settings of
:mod:`explorer.search.likelihood`. Queries that were judged wrongly are listed.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.material import DIGESTS
from explorer.builds.build import build
from explorer.builds.progress import Silence
from explorer.embedders import Embedder, open_embedder
from explorer.embedders.openvino import cache_folder
from explorer.evaluation.beir import read_collection
from explorer.evaluation.benchmark import open_collection
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.search.model import Mode, Query
from explorer.search.search import search

_SEED = 20
_HITS = 10
_LETTERS_EACH = 10
_ALPHABETS = {
    "consonants": "bcdfghjklmnpqrstvwxz",
    "Latin": "abcdefghijklmnopqrstuvwxyz",
    "capitals": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "letters and figures": "abcdefghijklmnopqrstuvwxyz0123456789",
    "Cyrillic": "абвгдежзийклмнопрстуфхцчшщьыэюя",
    "Greek": "αβγδεζηθικλμνξοπρστυφχψω",
    "Arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
}
_ELSEWHERE = """\
Heute Abend koche ich Linsensuppe mit Würstchen
Der Nachbar mäht schon wieder am Sonntag den Rasen
Wie wird das Wetter am Wochenende an der Ostsee?
Kindergeburtstag
Welcher Schlitten eignet sich für steile Hügel?
Le boulanger du village ferme le lundi
recette de ratatouille pour six personnes
Mon fils a perdu ses gants à la patinoire
Quel temps fera-t-il demain à Marseille ?
vide-grenier dimanche
Mi abuela prepara las mejores empanadas del barrio
¿Cuánto cuesta alquilar una sombrilla en la playa?
zapatos de baile talla cuarenta
El perro del vecino ladra toda la noche
fiesta de cumpleaños con piñata
Dove posso comprare un ombrello vicino alla stazione?
ricetta della torta di mele
Stasera andiamo a vedere la partita allo stadio
vacanze in Sardegna con il traghetto
Ho dimenticato le chiavi di casa
Onde fica a padaria mais próxima?
O meu gato dorme em cima do frigorífico
bilhetes para o carnaval
receita de bacalhau com natas
Vamos jogar futebol na praia depois do almoço
Jutro jedziemy na grzyby do lasu
przepis na pierogi z kapustą
Kto wygrał wczorajszy mecz siatkówki?
choinka
Sukienka na wesele w rozmiarze trzydzieści osiem
Yarın pazara gidip domates alacağım
İstanbul'da vapur saatleri
Çocuklar bahçede saklambaç oynuyor
mercimek çorbası nasıl yapılır
düğün davetiyesi
De fiets van mijn zus is gestolen
pannenkoeken bakken met de kinderen
Hoe laat gaat de veerboot naar Texel?
schaatsen
Wij verhuizen volgende maand naar een groter huis
Бабушка вяжет носки для внуков
рецепт борща с чесноком
Во сколько закрывается каток?
дача
Завтра мы поедем на рыбалку к озеру
今晚吃火锅还是烤鸭
孩子的生日礼物
明天去公园放风筝
哪家理发店便宜
红烧肉的做法
近くの温泉はどこですか
お弁当の作り方
花見
昨日の相撲の結果を教えて
妹の結婚式に着ていく着物
김치찌개 맛있게 끓이는 법
주말에 등산 가자
제주도 여행 숙소
아이들이 눈사람을 만들었어요
세탁소는 몇 시에 문을 닫나요
طريقة عمل الكبسة بالدجاج
متى يفتح السوق يوم الجمعة
ضاع مفتاح البيت
مباراة كرة القدم الليلة
أريد استئجار خيمة للتخييم
""".splitlines()
_SUBJECTS = """\
snowboarding
marzipan
beekeeping
lawnmower
origami
cheesemaking
lighthouse
saxophone
ballroom dancing
sourdough starter
medieval castles
vintage motorcycles
wedding dresses
scuba diving
garden gnomes
horse racing
chimney sweep
Scottish bagpipes
ice hockey
wine tasting in Burgundy
Viking burial ships
the French Revolution
Gothic cathedrals
Roman aqueducts
Baroque opera singers
Mongolian nomads
whale watching
coral reef fishing bans
volcanic eruptions in Iceland
dinosaur footprints
glacier retreat in the Alps
migration of storks
pottery of the Bronze Age
constitutional monarchy
monetary policy of central banks
minimum wage and unemployment
tariffs on imported steel
coalition governments after elections
asphalt pavement cracking
fatigue of steel bridges
concrete curing in cold weather
timber frame houses
wheat harvest in dry years
grazing of sheep on salt marshes
how to get candle wax out of a tablecloth
which hiking boots are best for wet rocks
why do cats purr
how long does it take to boil an egg
who won the sailing regatta last summer
where can I rent a rowing boat for the afternoon
what should I wear to a garden party in autumn
is it safe to eat mushrooms that grow under oak trees
My neighbour wants to build a fence between our gardens and I would like to know who pays for it
We are looking for a quiet holiday cottage by the sea with a fireplace where dogs are welcome
the best way to paint an old wooden door without sanding it first
""".splitlines()
_SUBJECTS_OF = {
    "medicine": """\
hip replacement
tooth whitening
hay fever
bunion surgery
sprained ankle
varicose veins
knee pain after running
herbal tea against a sore throat
how to treat a wasp sting
breastfeeding of premature infants
""".splitlines(),
    "computing": """\
compiler optimisation
linked lists
relational database joins
spam filters
JavaScript frameworks
sorting algorithms on disks
operating system page replacement
formal grammars for programming languages
how do I install a printer driver
encryption of passwords
""".splitlines(),
}
_TREATS = {"medline_med": "medicine"}
"""What collections treat, where it is not computing."""


def measure(arguments: list[str]) -> dict[str, object]:
    """Return the shares of queries for which nothing is said to be close, rightly and wrongly."""
    if not arguments:
        sys.exit(__doc__)
    embedder = open_embedder()
    rightly: dict[str, dict[str, list[bool]]] = {}
    wrongly: dict[str, list[bool]] = {}
    listed: dict[str, dict[str, list[str]]] = {}
    for folder in map(Path, arguments):
        collection = read_collection(folder)
        name = folder.name
        with open_collection(collection, embedder, cache_folder() / "evaluate", Silence()) as found:
            texts = [query.text for query in collection.queries]
            wrongly[name] = _nothing_close(found.generation, embedder, texts)
            absent = absent_queries(_TREATS.get(name, "computing"))
            rightly[name], listed[name] = _rated(found.generation, embedder, absent)
            listed[name]["its own"] = [
                text[:100] for text, nothing in zip(texts, wrongly[name], strict=True) if nothing
            ]
    with tempfile.TemporaryDirectory() as scratch:
        library = LibraryStore(Path(scratch) / "library")
        build(library, [DIGESTS])
        generation = library.open()
        name = "the project's digests"
        rightly[name], listed[name] = _rated(generation, embedder, absent_queries("computing"))
    kinds = list(next(iter(rightly.values())))
    return {
        "said to be nothing close, of queries that nothing answers": {
            name: {kind: _share(of_kind[kind]) for kind in kinds}
            | {"all": _share([one for kind in kinds for one in of_kind[kind]])}
            for name, of_kind in rightly.items()
        },
        "said to be nothing close, wrongly": {
            name: {"queries": len(own), "share": _share(own)} for name, own in wrongly.items()
        },
        "over all": {
            "of queries that nothing answers": _share(
                [one for of_kind in rightly.values() for own in of_kind.values() for one in own]
            ),
            "wrongly": _share([one for own in wrongly.values() for one in own]),
        },
        "judged wrongly": {
            name: {kind: "; ".join(texts) for kind, texts in of_kind.items()}
            for name, of_kind in listed.items()
        },
    }


def absent_queries(treated: str) -> dict[str, list[str]]:
    """Return queries by kind that nothing answers in a library which treats ``treated``."""
    draw = random.Random(_SEED)
    letters = [
        " ".join(
            "".join(draw.choices(alphabet, k=draw.randint(4, 11)))
            for _ in range(draw.choice((1, 1, 2, 3, 6)))
        )
        for alphabet in _ALPHABETS.values()
        for _ in range(_LETTERS_EACH)
    ]
    of_others = [
        subject
        for field, subjects in _SUBJECTS_OF.items()
        if field != treated
        for subject in subjects
    ]
    return {
        "random letters": letters,
        "everyday life in other languages": _ELSEWHERE,
        "absent subjects": [*_SUBJECTS, *of_others],
    }


def _rated(
    generation: Generation, embedder: Embedder, absent: dict[str, list[str]]
) -> tuple[dict[str, list[bool]], dict[str, list[str]]]:
    """Return by kind whether nothing was close to each query, and the queries that had a hit."""
    found = {kind: _nothing_close(generation, embedder, texts) for kind, texts in absent.items()}
    listed = {
        kind: [text for text, nothing in zip(texts, found[kind], strict=True) if not nothing]
        for kind, texts in absent.items()
    }
    return found, listed


def _nothing_close(generation: Generation, embedder: Embedder, texts: Sequence[str]) -> list[bool]:
    return [
        search(generation, embedder, Query(text, mode=Mode.HYBRID), _HITS).nothing_close
        for text in texts
    ]


def _share(values: Sequence[bool]) -> float:
    return round(sum(values) / len(values), 4)
