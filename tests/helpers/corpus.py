"""Forty papers on four subjects, and digests of them.

The papers are short and their subjects far apart, so that even the hashing embedder, which
knows no meaning, tells them from each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from explorer.papers.paper import Paper
from explorer.topics.phrases import phrase_table

ROOT = Path(__file__).resolve().parents[2]

WriteDigest = Callable[[Path, Sequence[Paper]], Path]

_MEDICAL = """\
Residual Networks for Liver CT Segmentation
We segment the liver and its tumours in contrast-enhanced CT scans with a residual network. \
A three-dimensional decoder keeps the organ boundary sharp on patients from two hospitals.
Uncertainty Maps in CT Segmentation of Liver Tumours
Radiologists need to know where a liver segmentation is unsure. We compute voxel-wise \
uncertainty maps for CT scans and show that they follow the disagreement between radiologists.
Semi-Supervised Organ Segmentation from Few Annotated CT Scans
Annotated CT scans are scarce. Our semi-supervised teacher labels unlabelled patients and its \
student learns organ segmentation of liver, spleen and kidney from five annotated scans.
Boundary Losses for Kidney and Liver CT Segmentation
A boundary loss penalises the distance between the contours of two organ masks. On abdominal \
CT scans of kidney and liver it halves the surface error of patients with tumours.
Federated Training of Tumour Segmentation across Hospitals
Hospitals cannot share CT scans of their patients. We train tumour segmentation in a federation \
of six hospitals, each of which keeps its scans and sends encrypted gradients only.
Domain Shift between CT Scanners in Organ Segmentation
Segmentation of organs fails on CT scanners that were not seen before. We align the intensity \
histograms of scanners and recover the liver masks of patients in a new hospital.
Vessel-Aware Liver Segmentation for Surgery Planning
Surgeons plan the removal of a liver tumour around its vessels. Our segmentation of CT scans \
labels portal and hepatic vessels together with the eight segments of the liver.
Active Learning Picks the CT Scans Worth Annotating
Which CT scans should radiologists annotate next? Our active learning picks patients whose \
organ segmentation changes most under augmentation and saves half of the annotations.
Segmenting Pancreas Tumours with Anatomical Priors
The pancreas is small and its tumours are smaller. An anatomical prior from an atlas of CT \
scans guides the segmentation of pancreas tumours and removes masks outside the organ.
Quality Control of Automatic Liver Contours
Before radiotherapy every contour is checked. We predict the Dice score of an automatic liver \
segmentation from the CT scan itself and flag the patients whose contours need a second look.
"""
_VIDEO = """\
Latent Diffusion for Text-to-Video Generation
A latent video diffusion transformer turns a sentence into a clip. Temporal attention over \
frames keeps motion smooth, and text-to-video generation runs on one graphics card.
Camera Control in Text-to-Video Diffusion
Filmmakers want to steer the camera. We feed camera trajectories to a text-to-video diffusion \
transformer and obtain clips whose frames follow pans, zooms and orbits.
Animating Clipart with Video Priors
Clipart stands still. We move its keypoints along curves that a text-to-video diffusion prior \
finds plausible, and obtain smooth animation of the clipart that keeps its identity.
Long Videos by Autoregressive Diffusion over Frames
Clips from video diffusion last seconds. Our autoregressive sampler conditions each block of \
frames on the previous ones and writes minutes of video without drifting colours.
Editing Videos with Words Alone
We edit a video by a sentence: the inversion of its frames through video diffusion keeps the \
motion, while attention swaps the object that the sentence names.
Sound and Motion Generated Together
Silent clips feel dead. A joint diffusion over audio and frames generates footsteps in time \
with the motion of the video, prompted by one sentence.
Distilling Video Diffusion into Four Sampling Iterations
Video diffusion needs fifty sampling iterations for each clip. Adversarial distillation cuts \
them to four, so text-to-video generation becomes interactive.
Human Motion in Text-to-Video Generation
Limbs bend wrongly in generated clips. We guide text-to-video diffusion by skeletons, so that \
human motion in the frames obeys the joints of the body.
Scoring the Temporal Consistency of Generated Videos
How smooth is a generated video? Our score tracks points through its frames and agrees with \
human viewers on the temporal consistency of text-to-video diffusion.
Personal Characters in Video Diffusion
A few photographs of a character suffice. Our adapter for video diffusion places the character \
into new clips from text, with the same face in all frames of the video.
"""
_SERVING = """\
Paged KV Cache Memory for LLM Serving
LLM serving wastes memory on reserved KV cache. We keep the KV cache in pages, as operating \
systems do, and raise the throughput of LLM serving fourfold on the same GPU.
Compressing the KV Cache to Two Bits
The KV cache fills the memory of a GPU when prompts are long. We quantise keys by channel and \
values by token to two bits, and LLM serving keeps its answers.
Streaming the KV Cache over Slow Networks
Fetching a KV cache from another server delays the first token. Our codec compresses the KV \
cache into a bitstream whose rate adapts to the bandwidth of LLM serving clusters.
Prefix Sharing among Prompts in LLM Serving
Prompts often begin alike. A radix tree shares the KV cache of common prefixes among requests, \
so that the GPU computes each prefix once and the latency of LLM serving drops.
Separate Prefill and Decoding in GPU Clusters
Prefill and decoding disturb each other. We place them on separate GPU servers and move the KV \
cache between them, so that LLM serving meets its latency targets.
Evicting Tokens from the KV Cache by Attention
Few tokens receive most attention. Our policy evicts the others from the KV cache while the LLM \
is decoding, and cuts GPU memory at the same throughput.
Speculative Decoding with a Tree of Drafts
Decoding one token at a time leaves the GPU idle. A draft model proposes a tree of tokens that \
the LLM verifies at once, and serving latency falls by half.
Scheduling Requests in LLM Serving by Predicted Length
Short requests wait behind long ones. We predict the number of tokens each request will decode \
and schedule LLM serving so that the waiting time in the GPU queue shrinks.
Offloading the KV Cache to Flash Storage
Host memory is too small for many users. We offload the KV cache to flash storage and overlap \
its loading with the decoding of tokens, so one GPU serves more requests.
Serving Many Adapters on One GPU
Each customer brings an adapter. We batch requests for a thousand adapters in one LLM serving \
kernel, share the GPU memory with the KV cache, and keep the throughput of the base LLM.
"""
_MOLECULES = """\
Equivariant Graph Networks for Molecular Energy
The energy of a molecule does not change when it turns. Our equivariant graph network over its \
atoms learns molecular energy and forces from quantum chemistry.
Generating Drug Molecules inside Protein Pockets
A drug must fit its protein pocket. We generate the atoms of a molecule inside the pocket and \
optimise its binding affinity to the protein by reinforcement.
Protein Folding from Single Sequences
Alignments are missing for orphan proteins. We predict the folding of a protein from its single \
amino acid sequence by a language over residues.
Docking Ligands to Flexible Protein Pockets
Protein pockets open when a ligand binds. Our docking moves side chains together with the \
ligand and predicts the pose of drug molecules in flexible proteins.
Retrosynthesis of Molecules by Graph Edits
Chemists plan syntheses backwards. We predict retrosynthesis as a sequence of edits on the \
graph of atoms and bonds, and find routes to drug molecules.
Binding Affinity of Antibodies from Protein Surfaces
Antibodies grip a protein by its surface. We learn binding affinity from the charge and shape \
of protein surfaces and rank mutations of antibodies.
Pretraining Graph Networks on Unlabelled Molecules
Labels from chemistry are costly. We pretrain a graph network on a billion unlabelled molecules \
by masking atoms, and predict toxicity of drug molecules from few labels.
Sampling the Conformations of Proteins
Proteins are never still. A flow over torsion angles samples the conformations of a protein in \
equilibrium, a thousand times sooner than molecular dynamics of its atoms.
Crystal Structures Proposed by Equivariant Flows
New materials begin with a crystal. An equivariant flow over atoms and lattice proposes crystal \
structures whose energy quantum chemistry confirms.
Inverse Folding of Protein Backbones
Which amino acid sequence folds into this backbone? Our graph network over residues answers, \
and the laboratory confirms that nine of ten designed proteins fold.
"""
_AUTHORS = (
    ("Ada Byron", "Charles Babbage"),
    ("Grace Hopper", "Jean Bartik", "Betty Holberton"),
    ("Emmy Noether",),
)


def keys_in(paper: Paper) -> Set[str]:
    """Return the keys of all phrases in ``paper``; a table has those that stand in two papers."""
    return phrase_table([paper, paper]).papers.keys()


def papers() -> list[Paper]:
    made: list[Paper] = []
    for subject, text in enumerate((_MEDICAL, _VIDEO, _SERVING, _MOLECULES)):
        lines = text.splitlines()
        for place, (title, abstract) in enumerate(zip(lines[::2], lines[1::2], strict=True)):
            dated = place % 3 == 0
            made.append(
                Paper(
                    title=title,
                    abstract=abstract,
                    authors=_AUTHORS[place % 3] if place % 4 == 0 else (),
                    date=f"{2020 + place % 5}-0{1 + subject}-1{place}" if dated else "",
                    arxiv=f"24{subject + 10}.0{1000 + place}" if place % 2 == 0 else "",
                )
            )
    return made


def scraped_page(papers: Sequence[Paper]) -> str:
    """Return what "select all, copy" makes of a daily-papers page with ``papers``."""
    parts = ["new", "Get trending papers in your email inbox!", "Subscribe"]
    for paper in papers:
        linked = f"[{paper.title}](https://arxiv.org/abs/{paper.arxiv})"
        parts.append(linked if paper.arxiv else paper.title)
        if paper.authors:
            parts.append("Authors: " + ", ".join(paper.authors))
        parts.append(paper.abstract)
        if paper.date:
            parts.append(f"Published on {paper.date}")
    return "\n\n".join(parts) + "\n"


@dataclass(frozen=True, slots=True)
class Growing:
    """A small library of its own that a test may let grow, with the hashing embedder."""

    folder: Path
    digests: Path
    grow: Callable[[], object]
    """Adds the digest of 2024 and publishes another generation."""


def two_digests(folder: Path, papers: Sequence[Paper], write: WriteDigest) -> Path:
    """Even papers stand in the digest of 2023, odd ones in that of 2024."""
    write(folder / "2023-05-02.txt", papers[::2])
    write(folder / "2024-03-11.txt", papers[1::2])
    return folder
