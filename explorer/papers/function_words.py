"""Function words of languages: words that say nothing of a text's subject."""

_WORDS = {
    "en": """a about all also an and are as at be been between both but by can could do does
    for from had has have how in into is it its may more most not of on one or other our over
    should show such than that the their then there these they this those through to two under
    used using was we were what when where which while who will with within without would""",
    "de": """aber alle als am an auch auf aus bei beim bis da damit dann das dass dem den der
    des die dies diese diesem diesen dieser dieses doch durch ein eine einem einen einer eines
    er es für gegen hat haben hier ihr ihre im in ist jede jeder kann können mehr mit nach
    nicht noch nur ob oder ohne sein seine sich sie sind so sowie über um und uns unser unter
    vom von vor war waren was wenn werden wie wir wird wurde wurden zu zum zur zwischen
    erlaubt ermöglicht basiert basierend verwendet mittels mithilfe zeigt zeigen liegt""",
    "fr": """afin ainsi au aussi autre aux avec avons c ce ces cet cette chez comme d dans de
    depuis des deux dont du elle elles en entre est et été être fait il ils je l la le les leur
    leurs lors mais même n ne non nos notre nous on ont ou où par pas permet peut plus pour qu
    que qui s sa sans se ses si son sont sous sur tels tous toutes très un une vers y
    fondé fondée fondés fondées basé basée manque permettent utilisant reste devient""",
    "es": """a al ambos ante aquí así cada como con contra cual cuando de del desde donde dos
    durante e el ella ellos en entre era es esta este estos está están estas fue fueron ha han
    hasta hay la las lo los más mediante muy nos nuestra nuestro o otra otros para pero por
    porque que se según ser si sin sobre son su sus también tanto todo todos tras un una uno y
    ya
    reduce permite permiten basado basada utilizando tiene tienen puede pueden""",
    "pt": """a ao aos as até cada com como contra da das de dela dele desde do dos durante e
    ela ele em entre era essa esse esta este estes estas está foi foram há isso já mais mas
    mesmo muito na nas nem no nos nossa nosso não num numa o onde os ou outros para pela pelas
    pelo pelos por porque quando que se sem ser seu seus sob sobre sua suas são também tem
    todos um uma
    permite permitem baseado baseada utilizando tem têm pode podem reduz""",
    "it": """a abbiamo agli ai al alla alle anche che chi ci col come con contro cui da dagli
    dai dal dalla dalle degli dei del della delle di dove due e ed era essere fra gli ha hanno
    i il in la le lo loro ma mediante nei nel nella nelle noi non nostro o ogni per perché più
    quale quando quella quello questa questi questo se senza si sia sono stata stato su sugli
    sui sul sulla sulle tra tutti un una uno è
    permette permettono basato basata utilizzando può possono riduce""",
    "nl": """aan al alle als bij dan dat de deze die dit door een eerste en er geen haar had
    heb heeft hebben het hij hoe hun ik in is kan kunnen maar meer met na naar niet nog of om
    onder ons onze ook op over te tot tussen uit van veel voor waar was wat we welke werd
    werden wij wordt worden zich zijn zoals zonder""",
    "sv": """alla att av bland blir de dem den denna dess dessa det detta där efter eller en
    ett från för genom har hur hos i inte kan kunna med mellan men mer mot mycket många ner och
    om oss på samt sedan ska skulle som så till under upp ut utan var vara vi vid vilka vilken
    vilket vår våra är även över""",
    "da": """af alle at blev bliver da de dem den denne der deres det dette disse efter eller
    en end er et for fra før gennem har have havde hvad hvilke hvilken hvor hvordan i ikke ind
    kan man med mellem men mere mod nogle når og også om op os over på samt sig skal som så til
    ud under var ved vi viser vores være""",
    "no": """alle at av ble blir da de dem den denne der deres det dette disse eller en enn er
    et etter for fra før gjennom har hadde hva hvilke hvilken hvor hvordan i ikke inn kan man
    med mellom men mer mot noen når og også om opp oss over på samt seg skal som så til under
    ut var ved vi viser vår våre være vært""",
    "fi": """ei että eivät he hän ja joita jonka jos josta jossa jota jotka joka kanssa koska
    kuin kuitenkin kun käyttäen kuten mikä mitä mukaan mutta myös niiden niitä noin ne nämä
    näiden ole oli olivat olla on ovat saatiin se sekä sen siitä sitä tai tämä tämän tässä tätä
    voi voidaan välillä vain""",
    "hu": """a abban ahol amely amelyek amelyet az azok azonban be csak de egy egyes ez ezek
    ezt el ezen és fel ha hogy is által között közötti ki kell le lehet már meg mely mert mint
    mind minden más nagy nem olyan során szerint számára több van vagy volt voltak""",
    "ro": """a acest aceasta aceste această acestei al ale am au că care ca cel cea cele cu de
    decât din dintre după este fi fie fost în într între iar la mai mult nu o pe pentru poate
    prin sau se sunt sub un unde unei unor unui și s ș""",
    "tr": """ancak bir birçok bu bunun çok çünkü da daha de diğer en gibi göre ha hem her için
    ile ise ilgili kadar ki kullanılarak mi mı ne nasıl olan olarak olduğu oldu olup on onun
    sonra tarafından tüm üzerinde üzerine var ve veya ya yeni yer""",
    "pl": """aby ale bez być był była były co czy dla do gdy ich innych i jak jako jego jej
    jest już które która który których którym lub ma między może można na nad nie niż o od oraz
    po pod przez przy są się sposób także tego tej ten to tych tym w we wraz z za ze został
    została zostały że""",
    "cs": """a aby ale až bez byl byla bylo byly být co do i jak jako je jeho jejich jejích
    jsme jsou k kde kdy která které který kterých ke mezi může na nad nebo než o od po pod
    podle pomocí pro proto při s se si také ten tento této tohoto to tuto u v ve však z za ze
    že""",
    "ca": """a al als amb aquest aquesta aquests aquestes com d de del dels des el els en entre
    és estat ha han i l la les llur més mitjançant no o on pel pels per però que s se seva seu
    seus sense ser sobre són també tot un una uns unes""",
    "id": """ada adalah agar akan antara atas atau bagi bahwa baik banyak beberapa dalam dan
    dapat dari dengan di digunakan dilakukan hasil ini itu juga kami karena ke lebih maka oleh
    pada para penelitian saat sebagai secara sehingga serta suatu telah tersebut tidak untuk
    yaitu yang""",
    "ru": """а без более бы был была были было быть в вы где для до его ее если еще же за и из
    или им их к как когда которая которого которой которые который которых ли между может можно
    мы на над не но о об от по под при с со так также такие то того тоже только у уже чем через
    что чтобы эта эти это этого этой этом
    является являются позволяет позволяют используется используются помощью основе зависит""",
    "el": """αλλά από αυτά αυτή αυτό για δεν είναι ένα έναν ένας επίσης έχει έχουν η ή θα και
    κατά με μέσω μια μία μεταξύ να ο οι όπως ότι που προς σε στα στη στην στις στο στον στους
    τα την της τις το τον του τους των ως""",
    "ar": """أن أو إلى إن التي الذي الذين ان او بعد بين تم تمت حيث خلال ذلك عبر على عن عند غير
    فقد في قبل قد كان كانت كل كما لا لم ما مع من منها نحو هذا هذه هو هي و وقد وهي يتم
    باستخدام تعتمد يعتمد يقلل تقدم يقدم ندرس نقدم نقترح""",
    "fa": """آن آنها از است اما این با باشد برای بر به بود بین تا چه خود در را روی شد شده شود
    که کرد کرده می ما مورد نیز و ها های هر هم همچنین یا یک""",
    "hi": """और का की के को में से है हैं यह इस पर एक ने भी कि लिए था थे थी जो तथा या कर किया
    गया गई द्वारा हम इन उन वह अपने साथ तक नहीं होता होती""",
    "zh": """的 了 在 和 与 及 是 对 为 将 以 用于 基于 本 本文 我们 提出 一 种 一种 该 这 这些
    等 其 其中 中 上 下 通过 进行 使用 采用 利用 并 而 或 从 到 由 于 被 把 向 给 也 都 可 可以
    能 能够 有 具有 所 但 不 则 就 当 如 如何 针对 关于 以及 之 之间 个 各 每 最 更 较 仅 纯 属
    地 得 着 過 過程 們 我們 與 對 為 將 於 這 個 從 並 無 時
    避开 随着 成为 作为 进而 从而 包括 存在 得到 取得 纯属""",
    "ja": """の は が を に で と も へ や か な だ です ます から まで より として について
    における による により ため この その あの これ それ こと もの よう また さらに および 及び
    本 する した して される された いる ある なる られ れる""",
    "ko": """및 등 이 그 저 것 수 를 을 은 는 이를 위한 위해 통해 대한 대해 따라 의한 있는 있다
    하는 한 된 본 또한 그리고 그러나 하지만 매우 더 가장
    의 에 가 로 와 과 도 만 에서 에게 으로 까지 부터 처럼 보다 이나 라는
    에서는 으로써 으로는 이라는""",
    "th": """การ ความ ของ ที่ และ ใน เป็น ได้ นี้ จาก ด้วย สำหรับ โดย ให้ มี กับ แบบ ซึ่ง จะ
    ไม่ ว่า หรือ แต่ เพื่อ ทาง ต่อ ตาม ไป มา อยู่ คือ ถูก แล้ว นั้น อื่น ๆ กว่า ระหว่าง เรา ผล
    งาน วิจัย
    ใช้ ต้อง ยัง ทำ ทำให้ เช่น ทั้ง""",
}
FUNCTION_WORDS = {language: frozenset(words.split()) for language, words in _WORDS.items()}
"""Function words by the ISO 639 code of their language."""
