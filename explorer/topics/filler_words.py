"""Filler words of languages: words that abstracts of every field share."""

_WORDS = {
    "en": """able accuracy achieve achieved achieves achieving across additional address
    addresses advance advanced advances aim aims allow allowing allows analysis analyze
    application applications apply applied approach approaches art available average baseline
    baselines based benchmark benchmarks best better beyond bridge case cases challenge
    challenges challenging code common compare compared comparison complex component
    comprehensive conduct consider considerable consistent consistently contribution
    conventional crucial current demonstrate demonstrated demonstrates demonstrating despite
    detail develop developed development different difficult direct directly due easily
    effective effectively effectiveness effect effects efficient efficiently efficiency enable
    enables enabling end enhance enhanced enhances enhancing ensure ensuring entire especially
    essential evaluate evaluated evaluating evaluation evaluations evidence example existing
    experiment experimental experiments explore exploring extensive extra fast faster feature
    features final finally find findings first focus following framework frameworks full fully
    fundamental furthermore future gain gains gap general generally given goal great greatly
    handle hard help hence high higher highly idea impact implement implementation implemented
    importance important importantly improve improved improvement improvements improves
    improving include includes including increase increased increases increasing independent
    information input instance interesting introduce introduced introduces introducing
    investigate issue issues key know known lack large largely larger largest lead leading
    leads level leverage leverages leveraging limit limitation limitations limited line low
    lower main mainly major make makes making manner mean means mechanism mechanisms meet
    method methodology methods metric metrics model models moreover motivated multiple named
    nature necessary need needed needs new non notable notably novel number numerous observe
    obtain obtained offer offers one ones open order original outperform outperforming outperforms
    output overall overcome paper papers part particular particularly perform performance
    performing performs perspective pipeline popular possible potential potentially powerful
    practical practice precise present presented presents previous previously prior problem
    problems procedure process processes produce produces promising proper propose proposed
    proposes proposing prove provide provided provides providing public publicly purpose
    quality question range rapid rapidly rate ratio real recent recently reduce reduced reduces
    reducing reduction related relative relevant rely remain remains remarkable report require
    required requirements requires requiring research researchers respectively result resulting
    results reveal rich robust role run running scale scales scenario scenarios second seen set
    sets setting settings several show showing shown shows significant significantly similar
    simple simply single situation size small smaller sota source special specific specifically
    speed standard state states step steps strategy strategies strong studied studies study
    substantial substantially success successful successfully suffer suffers suggest suitable
    superior support survey system systems tackle target task tasks technique techniques term
    terms test tested testing third time times total traditional train trained training
    transform type types typical typically unified unique unlike usage useful user users
    utilize utilizes utilizing validate value values variety various vast verify version versus
    way ways wide widely widespread work works world year years github https http www com org
    url arxiv abstract et al x""",
    "de": """ansatz ansätze arbeit artikel aufgabe beispiel beitrag bereich daten ergebnis
    ergebnisse methode methoden modell modelle problem probleme studie studien system systeme
    untersuchung verfahren vergleich vorgestellt vorgeschlagen gezeigt zeigen zeigt stellen vor
    neue neuer neues neuen hohe hoher verschiedene verschiedenen untersuchen untersucht ziel
    rahmen hilfe""",
    "fr": """approche approches article cas données étude études méthode méthodes modèle
    modèles nouvelle nouvelles nouveau objectif problème problèmes proposée proposons présente
    présentons présenté résultat résultats système systèmes travail travaux montre montrent
    permettent utilisant différents différentes exemple analyse évaluation base partir
    étudions important importante importants""",
    "es": """análisis artículo caso datos enfoque estudio estudios ejemplo evaluación método
    métodos modelo modelos nueva nuevas nuevo nuevos objetivo problema problemas presenta
    presentamos propone proponemos propuesto resultado resultados sistema sistemas técnica
    trabajo muestra muestran utilizando diferentes investigación
    importante importantes estudiamos""",
    "pt": """abordagem análise artigo caso dados estudo estudos exemplo avaliação método
    métodos modelo modelos nova novas novo novos objetivo problema problemas apresenta
    apresentamos propõe propomos proposto resultado resultados sistema sistemas técnica
    trabalho mostra mostram utilizando diferentes pesquisa
    importante importantes estudamos""",
    "it": """analisi approccio articolo caso dati studio studi esempio valutazione metodo
    metodi modello modelli nuova nuove nuovo nuovi obiettivo problema problemi presenta
    presentiamo propone proponiamo proposto risultato risultati sistema sistemi tecnica lavoro
    mostra mostrano""",
    "ru": """алгоритм анализ данные данных задача задачи исследование исследования метод метода
    методы методов модель модели моделей новый новая новые основе подход подхода предлагаем
    предлагается предложен предложена представлен представлены представляем проблема проблемы
    пример работа работе работы рассматривается рассматриваются результат результаты
    результатов система системы показано показали показывает показывают статье статья
    используется используются""",
    "zh": """摘要 结果 结论 目的 研究 方法 问题 分析 应用 系统 模型 算法 技术 实验 性能 提高
    提升 实现 有效 传统 现有 重要 不同 表明 显示 展示 解决 讨论 介绍 探讨 验证 评估 设计 构建
    建立 作用 影响 结构 真实 没有 任务 数据 比较 优于 相比 具 本研究 本摘要 論文 論 結果 問題
    應用 系統 技術 實驗""",
    "ja": """研究 論文 手法 方法 結果 提案 実験 評価 検討 目的 問題 技術 分析 利用 要旨 本研究
    本稿 本論文 従来 有効 性能 実現 開発 報告 紹介""",
    "ko": """연구 논문 방법 결과 제안 실험 평가 문제 기술 분석 목적 성능 본 기존 새로운 모델
    시스템""",
    "th": """งานวิจัย วิจัย ผล วิธี วิธีการ ระบบ การศึกษา ศึกษา พัฒนา นำเสนอ นำ เสนอ ข้อมูล
    ทดลอง""",
    "ar": """دراسة الدراسة بحث البحث طريقة الطريقة نتائج النتائج نموذج النموذج نظام النظام
    مشكلة تقنية تحليل نقدم نقترح تقترح جديدة جديد استخدام باستخدام تظهر""",
}
FILLER_WORDS = {language: frozenset(words.split()) for language, words in _WORDS.items()}
"""Filler words by the ISO 639 code of their language; no phrase consists of them alone."""
