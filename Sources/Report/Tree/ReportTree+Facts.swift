import Analyze
import FileSupport
import Records

extension ReportTree {
    static func quality(_ input: ReportInput) -> JSON {
        let texts = input.perplexity
        return [
            "perplexity": texts.first.map(perplexity) ?? .null,
            "texts": .keyed(texts, by: \.text, perplexity),
            "budgets": .keyed(input.analysis.budgets, by: \.name, budget),
            "guard": input.guardOutcome.map(guardOutcome) ?? .null,
        ]
    }

    private static func perplexity(_ facts: PerplexityFacts) -> JSON {
        [
            "text": .string(facts.text), "before": .number(facts.before), "after": .number(facts.after),
            "change": .number(facts.change), "tokens": .integer(facts.tokens), "window": .integer(facts.window),
            "stride": .integer(facts.stride), "begin_token": .bool(facts.beginToken),
            "normaliser": .string(facts.normaliser),
        ]
    }

    private static func budget(_ budget: QualityBudget) -> JSON {
        [
            "name": .string(budget.name), "text": .string(budget.text), "before": .of(budget.before),
            "after": .of(budget.after), "value": .of(budget.value), "limit": .of(budget.limit),
            "broken": .bool(budget.isBroken),
        ]
    }

    private static func guardOutcome(_ facts: GuardFacts) -> JSON {
        [
            "stopped": .bool(facts.stopped), "reason": .string(facts.reason), "last_step": .integer(facts.lastStep),
            "kept_step": .integer(facts.keptStep), "perplexity_budget": .of(facts.perplexityBudget),
            "kl_budget": .of(facts.klBudget), "perplexity_before": .of(facts.perplexityBefore),
            "perplexity_after": .of(facts.perplexityAfter), "kl": .of(facts.kl),
        ]
    }

    static func trajectory(_ row: TrajectoryRow) -> JSON {
        [
            "step": .integer(row.step), "forget_loss": .of(row.forgetLoss), "retain_loss": .of(row.retainLoss),
            "perplexity": .of(row.perplexity), "kl": .of(row.kl),
            "bias": .keyed(row.bias, by: \.domain) { .number($0.value) },
        ]
    }

    static func forget(_ facts: ForgetFacts) -> JSON {
        [
            "domain": .string(facts.domain), "source": .string(facts.source), "rows_read": .integer(facts.rowsRead),
            "rows_selected": .integer(facts.rowsSelected),
            "excluded": .array(
                facts.excluded.map { ["reason": .string($0.reason), "rows": .integer($0.rows)] }),
            "sentences": .integer(facts.sentences), "tokens": .integer(facts.tokens),
            "harmful_tokens": .integer(facts.harmfulTokens), "harmful_words": .integer(facts.harmfulWords),
            "rows_without_harmful_word": .integer(facts.rowsWithoutHarmfulWord),
            "harmful_source": .string(facts.harmfulSource),
        ]
    }

    static func coverage(_ row: CoverageRow) -> JSON {
        [
            "domain": .string(row.domain), "group": .string(row.group), "words": .integer(row.words),
            "single": .integer(row.single), "multi": .integer(row.multi), "used": .integer(row.used),
            "unexposed": .integer(row.unexposed), "dropped_count": .integer(row.dropped.count),
            "dropped": .of(row.dropped),
        ]
    }

    static func example(_ row: ExampleRow, _ policy: TextPolicy) -> JSON {
        [
            "label": .string(row.label), "row": .integer(row.row),
            "text": .string(Redaction.text(row.text, row: row.row, policy: policy)), "value": .number(row.value),
        ]
    }

    static func disjointness(_ check: DisjointnessCheck) -> JSON {
        [
            "left": .string(check.left), "right": .string(check.right), "shared": .integer(check.shared),
            "total": .integer(check.total), "passes": .bool(check.passes), "note": .of(check.note),
        ]
    }

    static func notComputed(_ item: NotComputed) -> JSON {
        ["what": .string(item.what), "reason": .string(item.reason)]
    }

    static func provenance(_ row: ProvenanceRow) -> JSON {
        ["name": .string(row.name), "bytes": .integer(row.bytes), "sha256": .string(row.sha256)]
    }
}
