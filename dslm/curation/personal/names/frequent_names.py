"""Names that many people bear, in several scripts: what many share and is somebody's all the same.

"Müller" stands in ten companies' names and "kim" before ten users' numbers, and neither says of
what form a value is. Read by `shared_parts` and `english_words`. The lists were written by hand and
taken from no data set, and none is complete: what protects a name that is on none is that it has to
stand in ten groups beside what is theirs alone.
"""

from __future__ import annotations

from dslm.curation.personal.names.name_lists import FAMILY_NAMES, GIVEN_NAMES
from dslm.curation.personal.variants.value_separators import joined

_GIVEN = (
    "abby adam adel aida aisha alan albert aldo alex alexa alexander alfred ali alice alina amal "
    "amina amir amit ana anas andre andreas andrew andy angela anil anita anja ann anna anne "
    "annika antonio anya arash arda ari arjun arno arun asha aziz bao bea bella bernd beth bill "
    "birgit bob boris brad brian bruce can carl carla carlos cem cesar chen chiara chris christa "
    "christian christine cleo cora dana dan daniela dave david deniz derek diego dina dirk "
    "dmitri dora doris drew duc edith eduardo ela elif elke elsa elvira emine emma emre eric "
    "erika ernst eva evan fatima felipe filip finn fran franz frieda fritz gabi georg george "
    "gerd gert gia gino giulia grace greg guido gus gwen hana hannah hans hao hasan hassan heike "
    "heinz helga hans herbert horst hui huong ian ibrahim ida igor ilse ina inga inge ingrid ira "
    "irina isa isla ivan jack jacob jake james jane janina javier jay jean jeff jenny jens jill "
    "jim jin jing joan joe joel johann john jon jorge jörg jose josef joseph josh juan judy "
    "julio jun jürgen kamal kate katja kay ken kevin khan khalid kim kirk klaus kofi kurt kyle "
    "laila lan lars lea lee leila len leon lev li lia liam lila lin linda ling lisa liv liz lola "
    "lou luca luigi luis luke lutz lynn maya mai malik manfred mara marc marco maria mario mark "
    "marta mary mateo matt matteo max may meg mehmet mei meike mike mila milos min mina mohamed "
    "mohammad mohammed mona muhammad murat nadine nate natalia neil nele neha nick nico nils "
    "nina noel nora nuria olaf oleg olga olivia omar orla oskar owen pablo pam paolo pat patrick "
    "pete peter phil pia piotr priya rafael rahul raj ralf ram ramon raul ravi ray rene reza "
    "rhea ria rick rita rob robert rod roger ron rosa ross roy ruth ryan sabrina said sally sam "
    "samir sandro sanjay sara sarah sean selim sergei sergio seth shu sia silke simon sina sofie "
    "sonja stan stefan steffi steve sue sunil susi tami tao tara ted tess thea theo tia tiago "
    "tim tina toby tom tomas toni tony tran tuan udo ulf ulla ulli umar una ursel ute uwe vera "
    "vik vijay vito volker wei wendy wes will willi wolf wolfgang xin yan yang yara yasmin yin "
    "ying yoko yuki yusuf yves zac zara zeki zhen zoe zoltan zoran"
)
_FAMILY = (
    "abdi adams aguilar ahmad ahmed akhtar alam albrecht ali allen alonso alvarez anderson "
    "andersson arnold arslan aydin baker bauer baumann beck becker begum bell bennett berger "
    "bernard bianchi böhm brandt braun brooks brown bruno busch campbell carter castillo castro "
    "chan chang chaudhary chavez chen chopra clark colombo cook cooper costa cox cruz das davies "
    "davis delgado demir diaz dietrich dubois dumont duong dupont edwards engel esposito evans "
    "fernandes fernandez ferrari fischer flores foster fournier fox franke friedrich fuchs "
    "garcia garnier gomes gomez gonzalez graf gray green gross günther gupta gutierrez haas hahn "
    "hall hansen harris hartmann heinrich hernandez herrera herrmann hill ho hoang hofer "
    "hoffmann hofmann horn horvath huang huber hughes huynh ibrahim ivanov jackson jäger jain "
    "jansen janssen jensen jimenez johansen johansson johnson jones jung kaiser kaplan kaur kaya "
    "keller kelly khan klein knight koch köhler kovac kovacs kowalczyk kowalski kozlov kraus "
    "krause krüger kuhn kumar lam lambert lang laurent le lee lefebvre lehmann lewandowski lewis "
    "li lim lin liu long lopez lorenz ludwig maier marino marques martin martinez martins mayer "
    "mehta meier mendoza mercier meyer miller mitchell moore morales moreau moreno morgan moritz "
    "morris müller murphy murray nagy navarro nelson neumann newman ng nguyen nielsen nilsson "
    "novak nowak ortega ortiz öztürk park parker patel pereira perez peters petersen petrov "
    "peterson pham phan phillips pohl pons popescu popov powell ramirez ramos rao reddy reed "
    "reyes reynolds ricci richard richardson richter rivera robert roberts robinson rodrigues "
    "rodriguez rogers rojas romano romero rossi roth roy ruiz russo ryan sahin sanchez sanders "
    "santos sauer schäfer schmid schmidt schmitt schmitz schneider scholz schröder schubert "
    "schulte schulz schulze schumacher schuster schwarz scott seidel shah sharma shaw silva "
    "simon singh smirnov smith sommer sousa stein stewart svensson szabo tan tang taylor "
    "teixeira thomas thompson torres toth tran turner van vargas varga vasquez vogel vogt vu "
    "wagner walker walter wang ward watson weber weiss werner white williams wilson winkler "
    "winter wójcik wolf wood wong wright wu xu yadav yang yildirim yildiz yilmaz young yu zhang "
    "zhao zhou zhu ziegler zimmermann"
)
_CYRILLIC = (
    "александр александра алексей алина алла анастасия андрей анна антон артём богдан борис "
    "вадим валентина валерий василий вера виктор виктория виталий владимир галина георги георгий "
    "дарья денис димитър дмитрий евгений екатерина елена иван ивана игорь илья ирина кирилл "
    "ксения лариса леонид любовь людмила максим марина мария михаил надежда наталия наталья "
    "никита николай оксана олег олександр олена ольга павел петр пётр роман сергей сергій "
    "светлана софия станислав татьяна тарас юлия юрий яна ярослав иванов иванова смирнов "
    "смирнова кузнецов кузнецова попов попова васильев васильева петров петрова соколов соколова "
    "михайлов новиков новикова федоров морозов морозова волков волкова алексеев лебедев семенов "
    "егоров павлов козлов козлова степанов николаев орлов андреев макаров никитин захаров зайцев "
    "соловьев борисов яковлев григорьев романов воробьев сергеев шевченко коваленко бондаренко "
    "ткаченко кравченко мельник олійник коваль димитров георгиев тодоров јовановић петровић "
    "николић"
)
_GREEK = (
    "αγγελική αθανάσιος αικατερίνη αλέξανδρος ανδρέας άννα αντώνης αντώνιος βασιλική βασίλειος "
    "βασίλης γεωργία γεώργιος γιάννης γιώργος δημήτρης δημήτριος δήμητρα ειρήνη ελένη ευάγγελος "
    "ιωάννης ιωάννα κατερίνα κωνσταντίνα κωνσταντίνος κώστας μαρία μιχάλης νίκος νικόλαος "
    "παναγιώτης παρασκευή παύλος πέτρος σοφία σπύρος στέλιος χρήστος χριστίνα αγγελόπουλος "
    "βασιλείου γεωργίου δημητρίου ιωάννου κωνσταντίνου νικολάου οικονόμου παπαδόπουλος "
    "παπαδοπούλου παπαδάκης παπαγεωργίου"
)
_ARABIC_AND_HEBREW = (
    "محمد احمد أحمد محمود علي حسن حسين عمر عثمان خالد يوسف ابراهيم إبراهيم مصطفى عبدالله عبد "
    "الله سعيد سعد سالم ناصر ماجد فهد سلطان طارق كريم رضا مهدي زينب فاطمة عائشة مريم خديجة نور "
    "سارة ليلى هدى امينة أمينة رضایی محمدی احمدی حسینی דוד משה יוסף אברהם יעקב יצחק דניאל מיכאל "
    "יהודה שרה רחל רבקה לאה מרים חנה אסתר נועה תמר כהן לוי מזרחי פרץ ביטון דהן אברהם פרידמן"
)
_INDIAN_AND_THAI = (
    "अमित अनिल अनीता अंजलि अर्जुन आशा कविता किरण कुमार गीता दीपक नेहा पूजा प्रिया मोहन रमेश रवि "
    "राज राजेश राहुल रीता विजय शर्मा सिंह सुनील सुनीता संजय गुप्ता वर्मा यादव पटेल मिश्रा खान "
    "देवी สมชาย สมศักดิ์ สมหญิง สุดา สุรชัย ประเสริฐ วิชัย มาลี อนันต์ นภา มานะ ปรีชา"
)
_KANA = "さくら はな ゆき あい サクラ ハナ ユキ ケン"
# Names of Han and Hangul are one word, the family name first; of Japan those of two signs.
_HAN_FAMILIES = frozenset(
    "王李张張刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何林罗羅高郑鄭梁谢謝宋唐许許邓鄧冯馮韩"
    "韓曹曾彭萧蕭蔡潘田董袁于余叶葉蒋蔣杜苏蘇魏程吕呂丁沈任姚卢盧傅钟鍾姜崔谭譚廖范汪陆陸金"
)
_JAPANESE = (
    "佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 "
    "清水 斎藤 斉藤 山崎 森田 池田 橋本 阿部 石川 石井 前田 小川 藤田 岡田 後藤 長谷川 村上 "
    "近藤 坂本 遠藤 青木 藤井 西村 福田 太田 三浦 岡本 松田 中島 中川 原田 小野 竹内 金子 "
    "和田 中山 石田 上田 森 林"
)
_JAPANESE_FAMILIES = frozenset(_JAPANESE.split())
_HANGUL_FAMILIES = frozenset(
    "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민진지엄채"
    "원천방공"
)
_KOREAN_NAME, _CHINESE_NAME, _JAPANESE_NAME = (3,), (2, 3), (3, 4, 5)

NAMES = frozenset(
    joined(name)
    for name in (
        *GIVEN_NAMES, *FAMILY_NAMES, *_GIVEN.split(), *_FAMILY.split(), *_CYRILLIC.split(),
        *_GREEK.split(), *_ARABIC_AND_HEBREW.split(), *_INDIAN_AND_THAI.split(), *_KANA.split(),
        *_JAPANESE_FAMILIES,
    )
)  # fmt: skip


def may_be_name(word: str) -> bool:
    """Whether a word is a name that many bear, or is built as a Korean, Chinese or Japanese one."""
    folded = joined(word)
    if folded in NAMES:
        return True
    if word[:1] in _HANGUL_FAMILIES:
        return len(word) in _KOREAN_NAME
    if word[:1] in _HAN_FAMILIES and len(word) in _CHINESE_NAME:
        return True
    return len(word) in _JAPANESE_NAME and not _JAPANESE_FAMILIES.isdisjoint((word[:2], word[:3]))
