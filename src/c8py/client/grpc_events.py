"""Conditions and decisions as messages of the gateway, and what comes of them. Pure; importing it loads protobuf."""

from collections.abc import Mapping

from msgspec import UNSET

from c8py.client.values import AnyKey, json_text, key_number
from c8py.errors import InvalidArgument
from c8py.models import keys
from c8py.models.common import EvaluatedDecisionInputItem, EvaluatedDecisionOutputItem, MatchedDecisionRuleItem
from c8py.models.conditional import EvaluateConditionalResult, ProcessInstanceReference
from c8py.models.decision_definition import EvaluatedDecisionResult, EvaluateDecisionResult
from c8py.proto import gateway_pb2 as pb


def evaluation(
    decision_id: str | None, decision_key: AnyKey | None, variables: Mapping[str, object], *, tenant_id: str
) -> pb.EvaluateDecisionRequest:
    """Evaluate a decision.

    Raises:
        InvalidArgument: neither its id nor its key is named.
    """
    if decision_id is None and decision_key is None:
        raise InvalidArgument("expected the id or the key of a decision, but got neither")
    return pb.EvaluateDecisionRequest(
        decisionKey=0 if decision_key is None else key_number(decision_key),
        decisionId=decision_id or "",
        variables=json_text(variables),
        tenantId=tenant_id,
    )


def evaluated(answer: pb.EvaluateDecisionResponse) -> EvaluateDecisionResult:
    """What came of a decision."""
    return EvaluateDecisionResult(
        decision_definition_id=answer.decisionId,
        decision_definition_key=keys.DecisionDefinitionKey(str(answer.decisionKey)),
        decision_definition_name=answer.decisionName,
        decision_definition_version=answer.decisionVersion,
        decision_evaluation_key=keys.DecisionEvaluationKey(str(answer.decisionEvaluationKey))
        if answer.decisionEvaluationKey
        else UNSET,
        decision_instance_key=keys.DecisionInstanceKey(str(answer.decisionInstanceKey)),
        decision_requirements_id=answer.decisionRequirementsId,
        decision_requirements_key=keys.DecisionRequirementsKey(str(answer.decisionRequirementsKey)),
        evaluated_decisions=[_decision(one) for one in answer.evaluatedDecisions],
        failed_decision_definition_id=answer.failedDecisionId or None,
        failure_message=answer.failureMessage or None,
        output=answer.decisionOutput,
        tenant_id=answer.tenantId,
    )


def _decision(one: pb.EvaluatedDecision) -> EvaluatedDecisionResult:
    return EvaluatedDecisionResult(
        decision_definition_id=one.decisionId,
        decision_definition_name=one.decisionName,
        decision_definition_version=one.decisionVersion,
        decision_definition_type=one.decisionType,
        output=one.decisionOutput,
        tenant_id=one.tenantId,
        matched_rules=[_rule(rule) for rule in one.matchedRules],
        evaluated_inputs=[
            EvaluatedDecisionInputItem(input_id=item.inputId, input_name=item.inputName, input_value=item.inputValue)
            for item in one.evaluatedInputs
        ],
        decision_definition_key=keys.DecisionDefinitionKey(str(one.decisionKey)),
        decision_evaluation_instance_key=keys.DecisionEvaluationInstanceKey(one.decisionEvaluationInstanceKey)
        if one.decisionEvaluationInstanceKey
        else UNSET,
    )


def _rule(rule: pb.MatchedDecisionRule) -> MatchedDecisionRuleItem:
    return MatchedDecisionRuleItem(
        rule_id=rule.ruleId,
        rule_index=rule.ruleIndex,
        evaluated_outputs=[
            EvaluatedDecisionOutputItem(
                output_id=item.outputId, output_name=item.outputName, output_value=item.outputValue
            )
            for item in rule.evaluatedOutputs
        ],
    )


def conditions(
    variables: Mapping[str, object], *, process_definition_key: AnyKey | None, tenant_id: str
) -> pb.EvaluateConditionalRequest:
    """Start what waits at a conditional start event that these variables fulfil."""
    request = pb.EvaluateConditionalRequest(tenantId=tenant_id, variables=json_text(variables))
    if process_definition_key is not None:
        request.processDefinitionKey = key_number(process_definition_key)
    return request


def fulfilled(answer: pb.EvaluateConditionalResponse) -> EvaluateConditionalResult:
    """What was started."""
    return EvaluateConditionalResult(
        conditional_evaluation_key=keys.ConditionalEvaluationKey(str(answer.conditionalEvaluationKey)),
        tenant_id=answer.tenantId,
        process_instances=[
            ProcessInstanceReference(
                process_definition_key=keys.ProcessDefinitionKey(str(one.processDefinitionKey)),
                process_instance_key=keys.ProcessInstanceKey(str(one.processInstanceKey)),
            )
            for one in answer.processInstances
        ],
    )
