"""Calls that meet processes from outside: messages, signals, conditions, decisions."""

from typing import TYPE_CHECKING

from msgspec import UNSET

from c8py.client._async.verbs import AsyncVerbs
from c8py.client.values import AnyKey, Variables, document
from c8py.config import Protocol
from c8py.models.keys import TenantId
from c8py.models.operations import OPERATIONS

if TYPE_CHECKING:
    from c8py.models.conditional import EvaluateConditionalResult
    from c8py.models.decision_definition import EvaluateDecisionResult
    from c8py.models.message import MessageCorrelationResult, MessagePublicationResult
    from c8py.models.signal import SignalBroadcastResult


class AsyncEventCalls(AsyncVerbs):
    """Publish, correlate, broadcast, evaluate."""

    async def publish_message(
        self,
        name: str,
        *,
        correlation_key: str = "",
        time_to_live_s: float = 0.0,
        message_id: str = "",
        business_id: str = "",
        variables: Variables | None = None,
        tenant_id: str | None = None,
        protocol: Protocol | None = None,
    ) -> "MessagePublicationResult":
        """Publish a message: it meets whoever waits for it now or, while it lives, later; or starts a process.

        Args:
            name: of the message.
            correlation_key: finds the instance that waits; empty is for message start events alone.
            time_to_live_s: how long it may wait for somebody, in seconds; 0 is not at all.
            message_id: while one with this id lives, another one is refused; empty for no such check.
            business_id: of the instance that it starts, if it starts one, since 8.10.
            variables: given to whom it meets.
            tenant_id: None is the client's own.
            protocol: None leaves it to the settings.

        Raises:
            AlreadyExists: a message with this id lives.
            C8Error: the call failed.
        """
        await self._since("8.10", business_id=business_id)
        return await self._over(protocol).publish_message(
            name,
            correlation_key=correlation_key,
            time_to_live_s=time_to_live_s,
            message_id=message_id,
            business_id=business_id,
            variables=document(variables),
            tenant_id=self._tenant(tenant_id),
        )

    async def correlate_message(
        self,
        name: str,
        *,
        correlation_key: str = "",
        variables: Variables | None = None,
        tenant_id: str | None = None,
    ) -> "MessageCorrelationResult":
        """Correlate a message with whoever waits for it, over REST, and learn with whom.

        Args:
            name: of the message.
            correlation_key: finds the instance that waits; empty is for message start events alone.
            variables: given to whom it meets.
            tenant_id: None is the client's own.

        Raises:
            NotFound: nobody waits for it.
            C8Error: the call failed.
        """
        return await self.messages.correlate(
            name=name,
            correlation_key=correlation_key or UNSET,
            variables=document(variables) or UNSET,
            tenant_id=UNSET if tenant_id is None else TenantId(tenant_id),
        )

    async def broadcast_signal(
        self,
        name: str,
        *,
        variables: Variables | None = None,
        tenant_id: str | None = None,
        protocol: Protocol | None = None,
    ) -> "SignalBroadcastResult":
        """Broadcast a signal to all who wait for it.

        Args:
            name: of the signal.
            variables: given to all of them.
            tenant_id: None is the client's own.
            protocol: None leaves it to the settings.

        Raises:
            C8Error: the call failed.
        """
        return await self._over(protocol).broadcast_signal(
            name, variables=document(variables), tenant_id=self._tenant(tenant_id)
        )

    async def evaluate_decision(
        self,
        decision_id: str | None = None,
        *,
        decision_definition_key: AnyKey | None = None,
        variables: Variables | None = None,
        tenant_id: str | None = None,
        protocol: Protocol | None = None,
    ) -> "EvaluateDecisionResult":
        """Evaluate a decision.

        Args:
            decision_id: of the model; its latest version is taken.
            decision_definition_key: instead of the id.
            variables: what it decides about.
            tenant_id: None is the client's own.
            protocol: None leaves it to the settings.

        Returns:
            The output, as JSON text, and how it came about; or which decision failed, and why.

        Raises:
            NotFound: there is no such decision.
            C8Error: the call failed.
        """
        return await self._over(protocol).evaluate_decision(
            decision_id, decision_definition_key, document(variables), tenant_id=self._tenant(tenant_id)
        )

    async def evaluate_conditionals(
        self,
        variables: Variables,
        *,
        process_definition_key: AnyKey | None = None,
        tenant_id: str | None = None,
        protocol: Protocol | None = None,
    ) -> "EvaluateConditionalResult":
        """Start the processes whose conditional start event these variables fulfil; since 8.9.

        Args:
            variables: what conditions are about, and given to what is started.
            process_definition_key: of one process; None looks at all.
            tenant_id: None is the client's own.
            protocol: None leaves it to the settings.

        Raises:
            NotSupported: the cluster is older.
            C8Error: the call failed.
        """
        await self._connection.version.must_offer(OPERATIONS["evaluateConditionals"])
        return await self._over(protocol).evaluate_conditionals(
            document(variables), process_definition_key=process_definition_key, tenant_id=self._tenant(tenant_id)
        )
