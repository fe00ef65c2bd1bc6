"""Made-up papers on two subjects in each of several languages."""

from __future__ import annotations

from typing import NamedTuple


class Subject(NamedTuple):
    """Titles and abstracts of papers, and words one of which is in a name that fits."""

    titles: tuple[str, ...]
    abstracts: tuple[str, ...]
    telling: tuple[str, ...]


SUBJECTS = {
    "zh": (
        Subject(
            (
                "基于深度强化学习的路径规划",
                "移动机器人的路径规划研究",
                "多机器人路径规划方法",
                "动态环境中的机器人路径规划",
                "无人机三维路径规划算法",
            ),
            (
                "本文提出了一种用于移动机器人的路径规划方法，在动态环境中通过深度强化学习避"
                "开障碍物。",
                "我们研究了移动机器人在未知环境中的路径规划问题，实验结果表明该方法有效。",
            ),
            (
                "路径规划",
                "机器人",
            ),
        ),
        Subject(
            (
                "蛋白质结构预测的深度学习方法",
                "基于图神经网络的蛋白质结构预测",
                "蛋白质结构预测中的注意力机制",
                "蛋白质折叠与结构预测",
                "利用同源序列的蛋白质结构预测",
            ),
            (
                "蛋白质结构预测是生物信息学中的重要问题，本文利用氨基酸序列预测三维结构。",
                "我们提出一种蛋白质结构预测模型，通过氨基酸序列的注意力机制提高精度。",
            ),
            ("蛋白质",),
        ),
    ),
    "ja": (
        Subject(
            (
                "深層強化学習を用いた自律走行ロボットの経路計画",
                "移動ロボットの経路計画に関する研究",
                "動的環境における経路計画手法",
                "複数ロボットの経路計画",
                "ドローンの三次元経路計画",
            ),
            (
                "本研究では移動ロボットのための経路計画手法を提案し、動的環境で障害物を避け"
                "ることを示す。",
                "移動ロボットの経路計画は未知の環境において重要な問題である。",
            ),
            (
                "経路計画",
                "ロボット",
            ),
        ),
        Subject(
            (
                "タンパク質の立体構造予測",
                "グラフニューラルネットワークによるタンパク質の構造予測",
                "タンパク質の折りたたみと立体構造",
                "アミノ酸配列からの立体構造予測",
                "タンパク質の立体構造と進化",
            ),
            (
                "タンパク質の立体構造予測は生物学の重要な課題であり、アミノ酸配列から三次元"
                "の形を求める。",
                "アミノ酸配列を入力としてタンパク質の立体構造を予測するモデルを開発した。",
            ),
            (
                "タンパク質",
                "立体構造",
            ),
        ),
    ),
    "th": (
        Subject(
            (
                "การจำแนกภาพทางการแพทย์ด้วยการเรียนรู้เชิงลึก",
                "การเรียนรู้เชิงลึกสำหรับภาพถ่ายรังสี",
                "การจำแนกภาพทางการแพทย์",
                "การตรวจจับมะเร็งจากภาพทางการแพทย์",
                "โครงข่ายประสาทเทียมสำหรับภาพทางการแพทย์",
            ),
            (
                "งานวิจัยนี้นำเสนอวิธีการจำแนกภาพทางการแพทย์ด้วยการเรียนรู้เชิงลึก",
                "เราใช้การเรียนรู้เชิงลึกกับภาพทางการแพทย์เพื่อตรวจหามะเร็ง",
            ),
            (
                "เรียนรู้เชิงลึก",
                "ภาพ",
            ),
        ),
        Subject(
            (
                "การพยากรณ์ราคาข้าวในประเทศไทย",
                "ราคาข้าวและตลาดส่งออก",
                "แบบจำลองการพยากรณ์ราคาข้าว",
                "เกษตรกรกับราคาข้าว",
                "การส่งออกข้าวไทย",
            ),
            (
                "งานวิจัยนี้ศึกษาการพยากรณ์ราคาข้าวในตลาดส่งออกของประเทศไทย",
                "ราคาข้าวมีผลต่อเกษตรกรในประเทศไทย และตลาดส่งออกข้าว",
            ),
            ("ราคาข้าว",),
        ),
    ),
    "ru": (
        Subject(
            (
                "Планирование пути мобильных роботов",
                "Обучение с подкреплением для планирования пути",
                "Планирование пути в динамической среде",
                "Мобильные роботы и планирование пути",
                "Трёхмерное планирование пути дронов",
            ),
            (
                "В работе предложен метод планирования пути мобильных роботов в "
                "динамической среде с помощью обучения с подкреплением.",
                "Мы рассматриваем задачу планирования пути для мобильного робота.",
            ),
            ("планирован",),
        ),
        Subject(
            (
                "Предсказание структуры белков",
                "Структура белков и графовые нейронные сети",
                "Нейронные сети для предсказания структуры белков",
                "Сворачивание белков",
                "Предсказание структуры белков по последовательности",
            ),
            (
                "Предсказание структуры белков по аминокислотной последовательности "
                "является важной задачей биологии.",
                "Нейронная сеть предсказывает структуру белка по аминокислотной "
                "последовательности.",
            ),
            (
                "структур",
                "белк",
            ),
        ),
    ),
    "de": (
        Subject(
            (
                "Bahnplanung für mobile Roboter",
                "Bestärkendes Lernen zur Bahnplanung mobiler Roboter",
                "Bahnplanung in dynamischen Umgebungen",
                "Mobile Roboter in der Lagerlogistik",
                "Bahnplanung für Drohnen",
            ),
            (
                "Wir stellen ein Verfahren zur Bahnplanung mobiler Roboter in dynamischen "
                "Umgebungen vor, das Hindernisse umfährt.",
                "Die Bahnplanung mobiler Roboter wird mit bestärkendem Lernen untersucht "
                "und in der Praxis gezeigt.",
            ),
            ("Bahnplanung",),
        ),
        Subject(
            (
                "Vorhersage von Proteinstrukturen",
                "Graphneuronale Netze für Proteinstrukturen",
                "Faltung von Proteinen",
                "Proteinstrukturen aus Aminosäuresequenzen",
                "Vorhersage der Proteinfaltung",
            ),
            (
                "Die Vorhersage von Proteinstrukturen aus Aminosäuresequenzen ist eine "
                "wichtige Aufgabe der Biologie.",
                "Neuronale Netze sagen aus der Aminosäuresequenz die Proteinstruktur "
                "vorher und werden mit anderen verglichen.",
            ),
            ("Proteinstruktur",),
        ),
    ),
    "fr": (
        Subject(
            (
                "Segmentation d'images médicales par apprentissage profond",
                "Réseaux de neurones pour la segmentation d'images médicales",
                "Segmentation du foie",
                "Apprentissage profond en imagerie médicale",
                "La segmentation d'images de scanner",
            ),
            (
                "Nous proposons une méthode de segmentation d'images médicales fondée sur "
                "des réseaux de neurones convolutifs.",
                "L'apprentissage profond permet la segmentation d'images médicales dans "
                "les hôpitaux.",
            ),
            ("segmentation d'images",),
        ),
        Subject(
            (
                "Traduction automatique des langues peu dotées",
                "La traduction automatique neuronale",
                "Corpus parallèles pour la traduction automatique",
                "Évaluation de la traduction automatique",
                "Langues peu dotées et traduction",
            ),
            (
                "La traduction automatique des langues peu dotées manque de corpus parallèles.",
                "Nous étudions la traduction automatique neuronale pour des langues peu "
                "dotées avec des corpus parallèles.",
            ),
            ("traduction automatique",),
        ),
    ),
    "es": (
        Subject(
            (
                "Redes neuronales para imágenes médicas",
                "Segmentación de imágenes médicas",
                "Aprendizaje profundo en imágenes médicas",
                "Redes neuronales convolucionales",
                "Segmentación del hígado",
            ),
            (
                "Presentamos un método para la segmentación de imágenes médicas con redes "
                "neuronales convolucionales.",
                "La segmentación de imágenes médicas es importante para los hospitales y "
                "los pacientes.",
            ),
            ("imágenes médicas",),
        ),
        Subject(
            (
                "Cambio climático y agricultura",
                "Rendimiento de cultivos en zonas áridas",
                "Efectos del cambio climático en los cultivos",
                "Riego y cambio climático",
                "Cultivos de maíz",
            ),
            (
                "El cambio climático reduce el rendimiento de los cultivos en zonas áridas.",
                "Estudiamos los efectos del cambio climático en el rendimiento de los "
                "cultivos de maíz.",
            ),
            ("cambio climático",),
        ),
    ),
    "ko": (
        Subject(
            (
                "의료 영상 분할을 위한 심층 신경망",
                "의료 영상의 병변 검출",
                "심층 신경망을 이용한 의료 영상 분할",
                "의료 영상 분할 연구",
                "간 영상의 분할",
            ),
            (
                "본 논문에서는 의료 영상 분할을 위한 심층 신경망을 제안한다.",
                "의료 영상 분할은 진단에 중요하며 심층 신경망으로 성능을 높인다.",
            ),
            ("의료 영상",),
        ),
        Subject(
            (
                "쌀 가격 예측 모델",
                "쌀 가격과 수출 시장",
                "쌀 가격의 변동",
                "농가와 쌀 가격",
                "수출 시장 분석",
            ),
            (
                "쌀 가격은 수출 시장에 따라 변동하며 농가에 영향을 준다.",
                "수출 시장의 쌀 가격을 예측하는 모델을 제안한다.",
            ),
            ("쌀 가격",),
        ),
    ),
    "ar": (
        Subject(
            (
                "الشبكات العصبية لتجزئة الصور الطبية",
                "تجزئة الصور الطبية",
                "التعلم العميق في الصور الطبية",
                "الشبكات العصبية العميقة",
                "تجزئة صور الكبد",
            ),
            (
                "نقدم طريقة لتجزئة الصور الطبية باستخدام الشبكات العصبية العميقة في المستشفيات.",
                "تعتمد تجزئة الصور الطبية على التعلم العميق.",
            ),
            ("الصور الطبية",),
        ),
        Subject(
            (
                "تغير المناخ والزراعة",
                "آثار تغير المناخ على المحاصيل",
                "إنتاج المحاصيل في المناطق الجافة",
                "الري وتغير المناخ",
                "محاصيل القمح",
            ),
            (
                "يقلل تغير المناخ من إنتاج المحاصيل في المناطق الجافة.",
                "ندرس آثار تغير المناخ على إنتاج محاصيل القمح.",
            ),
            ("تغير المناخ",),
        ),
    ),
}
