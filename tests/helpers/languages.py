"""A made-up abstract in each of many languages, and queries in other inflections."""

from __future__ import annotations

from typing import NamedTuple


class Sample(NamedTuple):
    """A text, and a query that holds none of its words as they stand in it."""

    text: str
    query: str


ABSTRACTS = {
    "en": Sample(
        "Segmenting the livers of patients. We present a method that finds vessels in scans.",
        "vessel segmentation",
    ),
    "de": Sample(
        "Erkennung von Bäumen. Wir stellen ein Verfahren vor, das die Häuser und die Bäume in der "
        "Stadt mit neuronalen Netzen erkennt.",
        "Haus neuronales Netz",
    ),
    "fr": Sample(
        "Réseaux de neurones profonds. Nous présentons une méthode pour les images médicales, qui "
        "détecte le foie dans les hôpitaux.",
        "réseau profond médicale",
    ),
    "es": Sample(
        "Redes neuronales profundas. Presentamos un método para la segmentación de imágenes "
        "médicas de los hospitales.",
        "red neuronal imagen",
    ),
    "pt": Sample(
        "Redes neurais profundas. Apresentamos um método para a segmentação de imagens médicas "
        "dos hospitais que não falha.",
        "rede apresentar falhar",
    ),
    "it": Sample(
        "Reti neurali profonde. Presentiamo un metodo per la segmentazione delle immagini mediche "
        "che rileva il fegato.",
        "rete neurale immagine",
    ),
    "nl": Sample(
        "Diepe neurale netwerken. Wij tonen een methode die de bomen en de huizen van de stad "
        "herkent.",
        "netwerk boom",
    ),
    "sv": Sample(
        "Djupa neurala nätverk. Vi visar en metod som hittar hundar och katter i bilder från "
        "staden.",
        "hunden katt",
    ),
    "fi": Sample(
        "Syvät neuroverkot. Esittelemme menetelmän, joka tunnistaa talot ja puut kuvista, mutta "
        "se on hidas.",
        "talo menetelmä",
    ),
    "tr": Sample(
        "Derin sinir ağları. Bu çalışmada karaciğer görüntüleri için bir yöntem ve veriler "
        "sunulmaktadır.",
        "görüntü veri",
    ),
    "pl": Sample(
        "Głębokie sieci neuronowe. Przedstawiamy metodę, która wykrywa wątrobę w obrazach i nie "
        "zawodzi.",
        "obraz wątroba",
    ),
    "ru": Sample(
        "Глубокие нейронные сети. Мы представляем метод, который находит печень на снимках.",
        "нейронная сеть снимки",
    ),
    "el": Sample(
        "Βαθιά νευρωνικά δίκτυα. Παρουσιάζουμε μια μέθοδο για την κατάτμηση ιατρικών εικόνων.",
        "νευρωνικό δίκτυο εικόνα",
    ),
    "ar": Sample(
        "الشبكات العصبية العميقة. نقدم طريقة تكتشف الكبد في الصور.",
        "شبكة عصبية",
    ),
    "fa": Sample(
        "شبکه‌های عصبی عمیق. روشی را برای تشخیص کبد در تصاویر ارائه می‌کنیم که گران نیست.",
        "شبکه عصبی",
    ),
    "hi": Sample(
        "गहरे तंत्रिका नेटवर्क। हम चिकित्सा छवियों के विभाजन की एक विधि प्रस्तुत करते हैं।",
        "छवि विधियों",
    ),
    "zh": Sample("神经网络用于图像分类。我们提出一种新的方法。", "图像 神经网络"),
    "ja": Sample("タンパク質の折りたたみ。細胞内の構造を予測する。", "タンパク質 予測"),
    "ko": Sample("의료 영상을 위한 심층 신경망. 간을 찾는 방법을 제안한다.", "영상 신경망을"),
    "th": Sample("การจำแนกภาพทางการแพทย์ด้วยโครงข่ายประสาทเทียม", "ประสาทเทียม"),
}
