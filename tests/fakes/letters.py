"""Mails as an association in a hamlet gets them: French, in conversations, with quotations, signatures and some attachments.
The same number always makes the same mail. Nothing here is anybody's."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache

_PEOPLE = (
    "Amélie Roux", "Paul Durand", "Marie-Hélène Lefèvre", "Étienne Caron", "Zoé Garnier", "Noël Fabre", "Inès Mercier",
    "Raphaël Blanc", "Léa Chevalier", "Gérard Picard",
)  # fmt: skip
_SUBJECTS = (
    "Réunion du bureau", "Toiture du moulin", "Fête du pain", "Budget de l'année", "Location de la salle", "Clés du local",
    "Atelier de vannerie", "Assurance de l'association", "Commande de farine", "Adhésions", "Panne du chauffage",
    "Compte rendu de l'assemblée générale", "Devis du charpentier", "Marché de Noël", "Ordre du jour",
)  # fmt: skip
_SENTENCES = (
    "La salle des fêtes est libre jeudi prochain à partir de dix-huit heures.",
    "Le devis du charpentier s'élève à 2 840 euros, pose comprise.",
    "Pourrais-tu apporter les clés du local avant samedi ?",
    "Nous avons reçu douze nouvelles adhésions depuis le mois de mars.",
    "La mairie accepte de prêter les tables et les bancs.",
    "Il faudra prévoir trente kilos de farine pour la fête du pain.",
    "Le conseil municipal votera la subvention le mois prochain.",
    "Je te renvoie le compte rendu corrigé dès que possible.",
    "La chaudière s'est encore arrêtée cette nuit, le technicien passera lundi.",
    "Merci de confirmer votre présence avant vendredi midi.",
    "Les bénévoles se retrouvent à neuf heures devant le lavoir.",
    "Le trésorier présentera les comptes de l'exercice écoulé.",
    "L'atelier de vannerie est complet, mais il reste deux places en liste d'attente.",
    "La toiture du moulin fuit toujours du côté de la rivière.",
    "J'ai demandé trois autres devis pour comparer.",
    "Le règlement intérieur a été adopté à l'unanimité.",
    "On pourrait covoiturer depuis la place de l'église.",
    "L'assurance demande une attestation pour le four à bois.",
)
_SIGNATURES = (
    "-- \n{name}\nLes Amis du moulin\n06 00 00 00 {number:02}",
    "Envoyé de mon téléphone",
    "Bien à vous,\n{name}",
    "-- \n{name}, pour le bureau\nhttps://moulin.example.org",
)
_FIRST = datetime(2023, 1, 2, 8, 0, tzinfo=UTC)


def letters(count: int, *, seed: int = 1, attached: bool = True) -> Iterator[bytes]:
    """``count`` mails, 3 to 4 kB each without what is attached. One in twenty brings a file, one in four is also hypertext."""
    for number in range(count):
        yield letter(number, seed=seed, attached=attached)


def letter(number: int, *, seed: int = 1, attached: bool = True) -> bytes:
    """The mail of that number: conversations of four mails each, the later ones quoting the one before."""
    dice = random.Random(f"{seed}-{number}")
    first, place = number - number % 4, number % 4
    subject = random.Random(f"{seed}-{first}").choice(_SUBJECTS)
    writer, receiver = dice.sample(_PEOPLE, 2)
    message = EmailMessage(policy=SMTP)
    message["From"] = f"{writer} <{_address(writer)}>"
    message["To"] = f"{receiver} <{_address(receiver)}>"
    if dice.random() < 0.3:
        message["Cc"] = "bureau@moulin.example.org"
    message["Subject"] = f"Re: {subject}" if place else subject
    when = _FIRST + timedelta(hours=3 * number, minutes=dice.randint(0, 59))
    message["Date"] = format_datetime(when)
    message["Message-ID"] = _message_id(number, seed)
    if place:
        message["In-Reply-To"] = _message_id(number - 1, seed)
        message["References"] = " ".join(_message_id(each, seed) for each in range(first, number))
    message["X-Mailer"] = "Courrier du hameau 3.1"
    text = _body(dice, writer, when, place)
    message.set_content(text, cte="quoted-printable" if dice.random() < 0.5 else "8bit")
    if dice.random() < 0.25:
        page = "".join(f"<p>{part}</p>" for part in text.split("\n\n"))
        message.add_alternative(f"<html><body>{page}</body></html>", subtype="html")
    if attached and dice.random() < 0.05:
        minutes = "# Compte rendu\n\n" + "\n\n".join(dice.choices(_SENTENCES, k=20))
        message.add_attachment(
            minutes.encode(), maintype="text", subtype="markdown", filename=f"compte rendu {number}.md"
        )
    for depth, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_{seed}.{number}.{depth}")
    return message.as_bytes()


def _body(dice: random.Random, writer: str, when: datetime, place: int) -> str:
    paragraphs = [" ".join(dice.choices(_SENTENCES, k=dice.randint(2, 5))) for _ in range(dice.randint(3, 6))]
    text = "Bonjour,\n\n" + "\n\n".join(paragraphs)
    text += "\n\n" + dice.choice(_SIGNATURES).format(name=writer, number=dice.randint(0, 99))
    if place:
        quoted = "\n".join(f"> {dice.choice(_SENTENCES)}" for _ in range(dice.randint(4, 20)))
        before = when - timedelta(hours=3)
        text += f"\n\nLe {before.day}/{before.month:02}/{before.year} à {before:%H:%M}, {dice.choice(_PEOPLE)} a écrit :\n{quoted}\n"
    return text


def _message_id(number: int, seed: int) -> str:
    return f"<{seed}.{number}@moulin.example.org>"


@cache
def _address(name: str) -> str:
    plain = name.lower().translate(str.maketrans("éèëïêà -", "eeeiea.."))
    return f"{plain}@example.org"


def mbox(mails: Iterator[bytes]) -> bytes:
    """The mails in one file, as Unix programs write it (mboxrd)."""
    parts = []
    for mail in mails:
        lines = mail.replace(b"\r\n", b"\n").split(b"\n")
        quoted = [b">" + line if line.lstrip(b">").startswith(b"From ") else line for line in lines]
        parts.append(
            b"From courrier@example.org Mon Jan  2 08:00:00 2023\n" + b"\n".join(quoted).rstrip(b"\n") + b"\n\n"
        )
    return b"".join(parts)
