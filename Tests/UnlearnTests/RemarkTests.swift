import FileSupport
import Records
import TestSupport
import Testing
import Unlearn

@Suite("What an unlearning says of itself")
struct RemarkTests {
    /// A run of some steps at a learning rate, and what its audit log says at its end.
    private func ran(
        _ rate: Double, steps: Int = 8, parameters: [String] = ["all"], budget: GuardBudget = GuardBudget()
    ) throws -> (result: UnlearnResult, logged: [String]) {
        let study = try TinyStudy()
        var configuration = study.configuration
        (configuration.optimizer.learningRate, configuration.steps) = (rate, steps)
        (configuration.parameters, configuration.budget) = (parameters, budget)
        let path = try temporaryFolder("audit") + "/audit.jsonl"
        let (unlearner, after) = try study.unlearner(configuration, audit: try AuditLog(path: path))
        let result = try unlearner.run()
        let isUnchanged = after.array.map(\.bitPattern) == study.model.array.map(\.bitPattern)
        #expect(isUnchanged == result.remarks.contains { if case .noParameterChanged = $0 { true } else { false } })
        let end = try #require(try Input.text(path).split(separator: "\n").last)
        let logged = try JSONCursor(JSON.parse(Array(end.utf8), place: path), place: path).member("fields").member(
            "remarks")
        return (result, try logged.elements().map { try $0.string() })
    }

    @Test(
        "Frozen parameters and steps too small for 32 bits change nothing, and that is said with the loss that stands")
    func nothingChanged() throws {
        for (rate, parameters) in [(1e-3, ["layers 9"]), (1e-60, ["all"])] {
            let (result, logged) = try ran(rate, parameters: parameters)
            let loss = try #require(result.trajectory[1].forgetLoss)
            #expect(
                result.remarks == [
                    .noParameterChanged(keptStep: 8), .forgetLossIsStill(steps: 2, earlier: loss, last: loss),
                ])
            #expect(logged == result.remarks.map(\.description))
            #expect(logged[0].contains("no parameter changed") && logged[1].contains("no longer moves"))
        }
    }

    @Test("Steps that the guard took back have changed nothing, and collapsed a model on their way")
    func takenBack() throws {
        let (result, logged) = try ran(0.5, steps: 2, budget: GuardBudget(perplexityRise: 0.1))
        guard case .collapsed(let step, let perplexity, let before, nil)? = result.remarks.first else {
            Issue.record("said \(logged)")
            return
        }
        #expect(step == 2 && result.keptStep == 0 && before == result.baseline?.perplexity)
        #expect(perplexity > 10 * before)
        #expect(result.remarks.dropFirst() == [.noParameterChanged(keptStep: 0)])
        #expect(logged[0].contains("collapsed") && logged[1].contains("taken back"))
    }

    @Test(
        "A loss that moves less than a hundredth of its size from quarter to quarter is still, though parameters change"
    )
    func still() throws {
        let (result, logged) = try ran(1e-7)
        guard case .forgetLossIsStill(2, let earlier, let last)? = result.remarks.first else {
            Issue.record("said \(logged)")
            return
        }
        let losses = result.trajectory.compactMap(\.forgetLoss)
        #expect(earlier == (losses[4] + losses[5]) / 2 && last == (losses[6] + losses[7]) / 2)
        #expect(earlier != last && result.remarks.count == 1)
    }

    @Test("Of steps that do what they should nothing is said, nor of few steps that the loss is still")
    func nothingToSay() throws {
        #expect(try ran(3e-3).logged.isEmpty)
        #expect(try ran(1e-7, steps: 7).logged.isEmpty)
    }
}
