"""Words that are common in a language and names too: "Will", "May", "Price", "Austin".

Within the cases of its group a name's word is always the name. Elsewhere a word is left as it is
where it is on these lists, or where the sources themselves show it to be a common word: it stands
in at least `LEAST_CASES` cases, `LEAST_SHARE` of all, and `TIMES` as many as it is labelled in.
What was exempted is counted on the data card. `english_words` has many more, of which
`known_values` takes only what is labelled in small letters, or stands in a company's longer name.
Read by `labelled`, `name_variants` and `known_values`.
"""

from __future__ import annotations

from dslm.curation.personal.variants.letters_and_digits import folded_words

LEAST_CASES, LEAST_SHARE, TIMES = 20, 0.001, 10

# Never a part of a name by themselves: what noisy labels take along with one ("my name is").
_FUNCTION_WORDS = (
    "a about after all am an and any are as at be been before but by can could did do does for "
    "from had has have he hello her here hers hi him his how i if in is it its just me my name no "
    "not now of on or our please she so some than thank thanks that the their them then there "
    "these they this those to us was we were what when where which who why with would yes you "
    "your ok okay sir madam maam "
    "ich du er sie es wir ihr mein meine dein sein ist bin und oder der die dem ein eine "
    "nicht mit für von zu auf name heisse heiße bitte danke "
    "je il elle nous vous mon est et ou le la les un une des avec pour de nom merci "
    "yo una con para por soy llamo gracias"
)
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())

_ENGLISH = (
    "billing curry german grill haven jam jazz meet reno salmon sum "
    "ability able above account ace across act action add address age agent ago agree air "
    "airport always amber america amount angel another answer apple april area arm art ash ask "
    "august aurora autumn away baby back bad bag baker ball bank banks bar barber base bay "
    "beach bean bear beau bell belle berry best better big bill bird bishop black blue board "
    "body bond book bowl box boy branch brand bread bride bridge bright bring brook brown buck "
    "bud build bull burn bush business butcher buy call candy card care carol carpenter carry "
    "case cash castle cat cave chad chair chance change charity chase check cherry chest chip "
    "christian church city claim clay clean clear clerk close cloud coast cook cool copper corn "
    "cost country court cross crow crystal cup customer cute cutter daisy dale dash date dawn "
    "day dean dear deep deer delta dew diamond dick doll dollar door dove down drake draw dream "
    "drew drive duke dusty early earth east easy eat eden elder end english eve even ever every "
    "face fair faith fall farm farmer fast father feather field fine finger fire first fish "
    "fisher fit flight flint florence flower fly food foot ford foreman forest fort fox free "
    "french friend frost full gale game garden gardener gene gentle get gift ginger give glad "
    "glass go gold golden good grace grand grant grass gray great green grey ground group grove "
    "guest guy hall ham hand happy harbor harbour hard harmony harp hart hat hay hazel head "
    "heart heath heather heaven help henna herb herd high hill hitch holiday holly home honey "
    "honor hood hook hope horn horse hotel hour house hunt hunter hut ice idea iris iron island "
    "issue ivy jade jasmine jay jean jersey jet jewel job jobs joker jolly joy judge july june "
    "junior justice keen keep key kid kind king knight know lace lake lamb lance land lane "
    "large lark last laurel law lawn leaf leave lee left let level lily line lion list little "
    "live lock london long look lord lot love low luck lucky lynch main major make mall man "
    "manager manor maple march mark market marsh master mat may mayor mead meat melody mercedes "
    "mercy merit merry mild mile miles milk mill mine mint miss model monday money monk month "
    "moon moor more morning moss mother mount mountain move much mud myth neat need new next "
    "nice night noble noon norm north number nurse oak ocean office old olive only opal open "
    "orange order other own page paige paint palm pansy park parson part party past pat "
    "patience patient pay peace peach pearl penny pepper phone piece pike pile pin pine pink "
    "pitt place plan plant play pleasant plum point pole policy pond pool poor pope poppy port "
    "porter post potter pound power president price pride prince princess private prudence "
    "purple queen question quick rain rainbow ram ranger ray read ready real red reed reef rent "
    "reserve rest rice rich right ring rip river road rock rocky rod roman rome room root rose "
    "round rowan royal ruby rue rule run russia rusty sage saint salt same sand sandy satin "
    "saturday savage savanna save say school sea season see self sell send senior serene "
    "service set shade sharp shaw sheep sheer shell shepherd shore short show sierra silver "
    "singer single skip sky slater small smart snow song south speed spring square stack staff "
    "star start state station steel step stern steward still stone stop store storm strange "
    "street string strong sue summer summit sun sunday sunny sure swan sweet swift system table "
    "tailor take tall tanner tea temple thatcher thing think thorn tide tiger time today "
    "tomorrow top total tower town travel tree trinity trip true trust tucker turn two vale "
    "valley van victor vine viola violet virgin visit wade walk wall want war ward warden warm "
    "water waters way weaver week well wells west white wild wilder will willow win wind winter "
    "wise wish wolf wonder wood woods word work world worth wren wright write year yellow york "
    "young zip"
)
_GERMAN = (
    "bach baum berg blume braun engel fuchs gross groß gut haas hahn hase haus herbst herr herz "
    "hof jung kaiser kaufmann klein kohl kraft kraus kurz lang laut licht mai mann meister "
    "morgen nagel neu rabe reich richter ritter rot roth sauer schwarz sommer sonntag stark "
    "stein stern strauß tag tanne vogel wald weiss weiß winter wirt wunder zimmer zweig"
)
_FRENCH = (
    "beau blanc bon boucher brun chevalier clair court fleur fontaine français grand gris jolie "
    "loup marchand marin moulin mouton noir olive petit pierre rivière roi rose roux tailleur "
    "verger vert violette"
)
_SPANISH = (
    "alma blanca bravo cruz dolores esperanza flores franco guerra guerrero herrera iglesias "
    "león luna luz mar moreno paz pilar prado reyes rico rojo rosa rubio sierra sol soledad "
    "torres vega victoria"
)
# Where people live and travel to, and what they bank with, before it is anybody's name.
_PLACES = (
    "adelaide africa alberta america asia aspen atlanta austin barcelona barclay berkeley berlin "
    "boston bremen bristol brooklyn buffalo burlington cali cambridge camden canada carolina "
    "charleston charlotte chase chelsea chester cheyenne chicago china cleveland cologne columbia "
    "columbus cordoba cuba dakota dallas dayton denver derby devon diego dover dublin durham egypt "
    "england essen eugene europe everett flint florence florida france francisco fresno georgia "
    "germany granada hamburg hampshire hampton hartford holland houston hudson idaho india "
    "indiana iowa ireland israel italy jackson jamaica japan jersey jordan kansas kent kenya "
    "kiel kingston lancaster lansing lebanon lincoln lisbon lourdes louis madison madrid malaga "
    "malta manchester manhattan melbourne memphis mexico miami milan milton mobile modesto "
    "monroe montana montgomery morocco nashville nevada newton norfolk norman norway oakland "
    "odessa olympia orlando oxford oslo panama paris peru philadelphia phoenix pittsburgh plano "
    "portland prague preston providence raleigh richmond rochester roma rome russia salem santiago "
    "savannah scotland sevilla sheffield shelby siena somerset spain spencer spokane stanford "
    "sterling stockholm stuttgart surrey sweden sydney syracuse tacoma tampa texas toledo toronto "
    "troy tulsa turkey utah valencia venice vermont verona vienna virginia wales warren "
    "washington wellington wells wilmington winchester windsor worcester wyoming zurich"
)
PLACES = frozenset(folded_words(_PLACES))
COMMON_WORDS = FUNCTION_WORDS.union(
    PLACES,
    (w for text in (_ENGLISH, _GERMAN, _FRENCH, _SPANISH) for w in folded_words(text)),
)  # fmt: skip


def is_common(cases: int, labelled: int, of: int) -> bool:
    """Whether the sources show a word to be a common one.

    Args:
        cases: In how many cases it stands that are none of its own.
        labelled: In how many it is labelled.
        of: How many cases there are.
    """
    return cases >= max(LEAST_CASES, LEAST_SHARE * of, TIMES * labelled)
