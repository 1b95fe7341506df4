"""Connecting what one has: a proposal says what would leave and to whom; the yes repeats the place; then it is tried and kept."""

from __future__ import annotations

import time

from hameau.hub import KEPT, Proposal
from hameau.hub import KEYRING as IN_KEYRING
from hameau.kit import N_, BadInput, Refused, say
from hameau.library import Source
from hameau.server.border import must_be_near
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint
from hameau.server.logging_in import wishes
from hameau.server.shapes import ById, InSpace, NoParameters
from hameau.server.source_shapes import (
    FileKept,
    LoginNow,
    NewConnectedSource,
    NewFile,
    NewLogin,
    NewProposal,
    ProposalNow,
    ReachNow,
    SourceStateNow,
    SourceStates,
)
from hameau.server.source_shown import shown
from hameau.server.source_words import of_kind
from hameau.server.telling import told_source


def propose(call: Call, _: NoParameters, body: NewProposal) -> ProposalNow:
    return told_proposal(_proposed(call, body), call.language)


def connect(call: Call, _: NoParameters, body: NewConnectedSource) -> Source:
    proposal = _proposed(call, body)
    must_allow(call, proposal, body.allow)
    source = call.house.connecting.connect(proposal, secret=body.secret, keep=body.keep)
    return told_source(source, call.language)


def states(call: Call, wanted: InSpace) -> SourceStates:
    policy, moment = call.house.perimeter.policy(), time.time()
    found = [shown(one, policy, moment) for one in call.house.library.sources(wanted.space)]
    return SourceStates(
        tuple(
            SourceStateNow(
                one.source.id,
                one.state,
                one.connection.host if one.connection else None,
                one.connection.port if one.connection else None,
            )
            for one in found
        )
    )


def pause(call: Call, wanted: ById) -> Source:
    return told_source(call.house.connecting.pause(wanted.id), call.language)


def resume(call: Call, wanted: ById) -> Source:
    return told_source(call.house.connecting.resume(wanted.id), call.language)


def begin_login(call: Call, _: NoParameters, body: NewLogin) -> LoginNow:
    settings: dict[str, object] = {"shared": True} if body.shared else {}
    proposals = wishes(call, body.what, body.kinds, settings, local=body.local, space=body.space)
    must_allow(call, proposals[0], body.allow)
    begun = call.house.logins.begin(proposals)
    return LoginNow(begun.id, begun.address)


def go_on(call: Call, wanted: ById) -> LoginNow:
    must_be_near(call)
    pending = call.house.logins.find(wanted.id)
    made = call.house.logins.poll(wanted.id, IN_KEYRING if call.house.keyring.there() else KEPT)
    return LoginNow(pending.id, pending.address, tuple(told_source(one, call.language) for one in made))


def stop_login(call: Call, wanted: ById) -> None:
    call.house.logins.stop(wanted.id)


def write_back(call: Call, wanted: ById, body: NewFile) -> FileKept:
    return FileKept(call.house.write_back(wanted.id, body.name, body.text))


def must_allow(call: Call, proposal: Proposal, place: str) -> None:
    """Raises :class:`Refused` unless the person is at this machine and names the very places that are allowed."""
    if proposal.reach is None:
        return
    must_be_near(call)
    there = ", ".join((f"{proposal.reach.host}:{proposal.reach.port}", *proposal.reach.also))
    if place != there:
        raise Refused(
            N_("Nobody has allowed to reach {place}."),
            hint=N_("Say yes to that place: « allow » must be {place}."),
            place=there,
        )


def told_proposal(proposal: Proposal, language: str) -> ProposalNow:
    """``proposal`` for a program, its sentences in ``language``."""
    known = proposal.known.id if proposal.known else None
    if proposal.reach is None or proposal.connection is None:
        return ProposalNow(proposal.kind, proposal.uri, proposal.title, proposal.user, known, None)
    asked = proposal.reach
    reach = ReachNow(
        asked.host,
        asked.port,
        say(asked.why, language),
        say(of_kind(proposal.kind).sent, language, {"host": asked.host}),
        asked.also,
        proposal.connection.local,
        proposal.near,
        proposal.clear,
        proposal.needs_secret,
        proposal.connection.name,
    )
    return ProposalNow(proposal.kind, proposal.uri, proposal.title, proposal.user, known, reach)


def _proposed(call: Call, body: NewProposal | NewConnectedSource) -> Proposal:
    reserved = {"connection", "secret", "local"} & set(body.settings)
    if reserved:
        raise BadInput(N_("The setting {name} is not for you to choose."), name=min(reserved))
    return call.house.connecting.propose(
        body.what,
        kind=body.kind,
        user=body.user,
        title=body.title,
        space=body.space,
        settings=body.settings,
        local=body.local,
    )


ENDPOINTS = (
    Endpoint(
        "POST",
        "/api/v1/sources/propose",
        "What something would be as a source, and what it would reach; asks nobody outside, changes nothing",
        propose,
        body=NewProposal,
        answer=ProposalNow,
        tag="sources",
    ),
    Endpoint(
        "POST",
        "/api/v1/sources/connect",
        "Allow what a proposal said, try it, and keep it; or nothing at all when it does not work",
        connect,
        body=NewConnectedSource,
        answer=Source,
        status=201,
        tag="sources",
    ),
    Endpoint(
        "GET",
        "/api/v1/sources/states",
        "How each source is, and what it may reach",
        states,
        InSpace,
        answer=SourceStates,
        tag="sources",
    ),
    Endpoint(
        "POST",
        "/api/v1/sources/{id}/pause",
        "Leave a source alone; what it brought stays",
        pause,
        ById,
        answer=Source,
        tag="sources",
    ),
    Endpoint(
        "POST",
        "/api/v1/sources/{id}/resume",
        "Read a source again from now on",
        resume,
        ById,
        answer=Source,
        tag="sources",
    ),
    Endpoint(
        "POST",
        "/api/v1/sources/login",
        "Begin a login on a Nextcloud's own page, for its files, calendars and contacts",
        begin_login,
        body=NewLogin,
        answer=LoginNow,
        status=201,
        tag="sources",
    ),
    Endpoint(
        "POST",
        "/api/v1/sources/login/{id}",
        "Ask whether the person has said yes there; connects what they wished for once they have",
        go_on,
        ById,
        answer=LoginNow,
        tag="sources",
    ),
    Endpoint(
        "DELETE",
        "/api/v1/sources/login/{id}",
        "Give a login up; nothing stays allowed",
        stop_login,
        ById,
        status=204,
        tag="sources",
    ),
    Endpoint(
        "POST",
        "/api/v1/sources/{id}/files",
        "Keep a text as a new file where a source is (a WebDAV storage); nothing is ever written over",
        write_back,
        ById,
        body=NewFile,
        answer=FileKept,
        status=201,
        tag="sources",
    ),
)
