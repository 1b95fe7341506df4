"""Words too common to tell texts apart, by language; they also tell languages apart (:mod:`hameau.library.language`).

Written for this project from the closed word classes of each language: articles, pronouns, prepositions, conjunctions,
auxiliaries. Lower case, accents kept, elided forms without their apostrophe.
"""

from __future__ import annotations

FRENCH = frozenset(
    """
    le la les l un une des du de d au aux à ce cet cette ces c mon ma mes ton ta tes son sa ses notre nos votre
    vos leur leurs je j tu il elle on nous vous ils elles me m te t se s lui y en eux moi toi soi ceci cela ça
    celui celle ceux celles qui que qu quoi dont où et ou mais donc or ni car si comme puis alors ainsi dans par
    pour sur avec sans sous vers chez entre depuis pendant jusque jusqu contre selon dès lors lorsque lorsqu
    puisque puisqu quoique parce afin là ne n pas plus très aussi bien même mêmes tout toute tous toutes autre autres
    tel telle tels telles est es suis sommes êtes sont était étais étions étiez étaient sera seras serons seront
    serait seraient fut furent fût être étant soit soient ai as a avons avez ont avait avais avions aviez
    avaient aura auront aurait auraient eut eurent eu eue eus ayant ait aient avoir
    """.split()
)

QUESTION_FRENCH = frozenset(
    """
    quel quelle quels quelles lequel laquelle lesquels lesquelles auquel duquel combien comment pourquoi quand
    """.split()
)
"""Question words: dropped from what is searched, kept in what is indexed (see ``docs/decisions/0004-fusion.md``)."""

ENGLISH = frozenset(
    """
    the a an this that these those my your his her its our their i you he she it we they me him us them who whom
    whose which what and or but nor so if then than as of in on at by for with from to into onto over under about
    between through during before after above below not no is am are was were be been being have has had having do
    does did doing will would shall should can could may might must there here when where why how all any both
    each few more most other some such only own same too very s t
    """.split()
)

GERMAN = frozenset(
    """
    der die das den dem des ein eine einen einem einer eines ich du er sie es wir ihr mich dich sich uns euch mein
    dein sein unser und oder aber denn weil dass wenn als wie ob in im an am auf aus bei beim mit nach von vom zu
    zum zur über unter vor für gegen ohne durch um nicht kein keine ist bin bist sind war waren wird werden wurde
    wurden hat haben hatte hatten auch nur noch schon sehr so da dort hier man was wer wo
    """.split()
)

SPANISH = frozenset(
    """
    el la los las un una unos unas lo al del de a en con por para sin sobre entre hasta desde y e o u pero ni que
    quien cual cuyo donde cuando como si no más muy también ya yo tú él ella nosotros vosotros ellos ellas me te
    se nos os le les mi tu su sus este esta estos estas ese esa eso aquel es son era eran fue fueron ser ha han
    había haber hay está están
    """.split()
)

ITALIAN = frozenset(
    """
    il lo la i gli le un uno una di a da in con su per tra fra del dello della dei degli delle al allo alla ai
    agli alle dal dalla nel nella nei nelle sul sulla e ed o ma che chi cui non più anche come se dove quando io
    tu lui lei noi voi loro mi ti si ci vi questo questa questi queste quello quella è sono era erano fu essere ha
    hanno aveva
    """.split()
)

PORTUGUESE = frozenset(
    """
    o a os as um uma uns umas de do da dos das em no na nos nas por pelo pela para com sem sobre entre até e ou
    mas que quem qual onde quando como se não mais muito também já eu tu ele ela nós vós eles elas me te lhe seu
    sua seus suas este esta esse essa isso aquele é são era eram foi foram ser há tem têm está estão ao à às
    """.split()
)

DUTCH = frozenset(
    """
    de het een en of maar want dat die dit deze van in op aan met voor door over uit bij naar tot om te ik jij je
    hij zij ze wij we jullie hun hem haar zich mijn zijn niet geen is ben bent was waren word wordt worden werd
    werden heb heeft hebben had ook nog al wel zo er hier daar wat wie waar als dan
    """.split()
)

STOP_WORDS = {
    "fr": FRENCH,
    "en": ENGLISH,
    "de": GERMAN,
    "es": SPANISH,
    "it": ITALIAN,
    "pt": PORTUGUESE,
    "nl": DUTCH,
}
