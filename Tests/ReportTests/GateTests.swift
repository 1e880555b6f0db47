import FileSupport
import Report
import Testing

@Suite("Gates")
struct GateTests {
    let report: JSON = [
        "quality": ["perplexity": ["change": 0.019]],
        "transfer": [
            "race": ["tau": ["value": -0.06, "lower": -0.08, "upper": -0.04]],
            "age": ["tau": nil, "reason": "no items"],
        ],
        "verdict": ["race": ["outcome": "supported"]], "odd": ["value": .number(.nan)],
    ]

    @Test(
        "a gate fails when its condition is true, and says pass, warning, skipped or error otherwise",
        arguments: [
            ("quality.perplexity.change > 0.1", GateStatus.pass), ("quality.perplexity.change>0.01", .fail),
            ("quality.perplexity.change <= 0.019", .fail), ("quality.perplexity.change == 0.019", .fail),
            ("quality.perplexity.change >= 2e-2", .pass), ("transfer.race.tau.value < -0.07", .warning),
            ("transfer.race.tau.value < -0.1", .pass), ("transfer.age.tau.value < 0", .skipped),
            ("odd.value < 1", .warning), ("verdict.race.outcome == 1", .error), ("quality.perplexity < 1", .error),
            ("quality.perplexty.change < 1", .error),
        ])
    func statuses(text: String, status: GateStatus) throws {
        #expect(try Gate(parsing: text).evaluate(on: report).status == status)
    }

    @Test("an unknown path names the nearest, a skipped one the reason")
    func reasons() throws {
        let wrong = try Gate(parsing: "quality.perplexty.change < 1").evaluate(on: report)
        #expect(wrong.reason.contains("quality.perplexity.change"))
        let skipped = try Gate(parsing: "transfer.age.tau.value < 0").evaluate(on: report)
        #expect(skipped.reason.contains("no items"))
        #expect(skipped.value == nil)
    }

    @Test(
        "what is no PATH OP NUMBER is refused",
        arguments: [
            "", "a.b", "a.b > ", "> 3", "a b > 3", "a => 3", "a != 3", "a > nan", "a > 0x10", "a > 1 2", "a > inf",
        ])
    func refuses(text: String) {
        #expect(throws: InputError.self) { try Gate(parsing: text) }
    }
}
