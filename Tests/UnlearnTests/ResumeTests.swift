import FileSupport
import Foundation
import LanguageModel
import TestSupport
import Testing
import Unlearn

@Suite("Resume")
struct ResumeTests {
    /// Stands in for a kill: thrown out of the callback, after which nothing of the process is used again.
    struct Killed: Error {}

    func configuration(_ study: TinyStudy, _ optimizer: OptimizerConfiguration.Name) -> UnlearnConfiguration {
        var configuration = study.configuration
        configuration.optimizer = OptimizerConfiguration(name: optimizer, learningRate: 1e-3, momentum: 0.9)
        configuration.scheduleShape = .cosine
        configuration.warmupSteps = 2
        configuration.retainLoss = .kl
        configuration.batch = 2
        configuration.resampleRows = true
        configuration.steps = 11
        configuration.checkEvery = 4
        configuration.budget = GuardBudget(klDivergence: 100)
        return configuration
    }

    @Test(
        "A run killed at any step and resumed gives the bits of an uninterrupted one",
        arguments: [OptimizerConfiguration.Name.adamw, .sgd])
    func killed(optimizer: OptimizerConfiguration.Name) throws {
        let study = try TinyStudy()
        let configuration = configuration(study, optimizer)
        let (whole, expected) = try study.unlearner(configuration)
        let uninterrupted = try whole.run()
        for killedAt in [1, 4, 7, 11] {
            let states = try temporaryFolder("states")
            let (unlearner, _) = try study.unlearner(configuration, states: states)
            #expect(throws: Killed.self) {
                try unlearner.run { step in
                    if step.point.step == killedAt { throw Killed() }
                    return .goOn
                }
            }
            let (again, after) = try study.unlearner(configuration, states: states)
            var seen: [Int] = []
            let result = try again.run(resume: true) { step in
                seen.append(step.point.step)
                return .goOn
            }
            // The callback of the last checked step had not returned, so its state was not saved.
            let from = (killedAt - 1) / 4 * 4
            #expect(result.resumedFrom == from)
            #expect(seen == Array(from + 1...11))
            #expect(after.array == expected.array)
            #expect(result.trajectory == uninterrupted.trajectory)
            #expect(result.log == uninterrupted.log)
        }
    }

    @Test("A run stopped between checks saves its step and goes on from there to the same bits")
    func stopped() throws {
        let study = try TinyStudy()
        let configuration = configuration(study, .adamw)
        let (whole, expected) = try study.unlearner(configuration)
        _ = try whole.run()
        let states = try temporaryFolder("states")
        let (unlearner, _) = try study.unlearner(configuration, states: states)
        let first = try unlearner.run { $0.point.step == 6 ? .stop : .goOn }
        #expect(first.reason == .interrupted(step: 6) && first.keptStep == 6)
        let (again, after) = try study.unlearner(configuration, states: states)
        let result = try again.run(resume: true)
        #expect(result.resumedFrom == 6 && result.reason == .finished)
        #expect(after.array == expected.array)
        #expect(try FileManager.default.contentsOfDirectory(atPath: states) == ["checked.state"])
    }

    @Test("Resuming a finished run takes no step and gives its model")
    func finished() throws {
        let study = try TinyStudy()
        let configuration = configuration(study, .adamw)
        let states = try temporaryFolder("states")
        let (unlearner, expected) = try study.unlearner(configuration, states: states)
        let first = try unlearner.run()
        let (again, after) = try study.unlearner(configuration, states: states)
        let result = try again.run(resume: true) { _ in
            Issue.record("a step was taken")
            return .goOn
        }
        #expect(after.array == expected.array)
        #expect(result.trajectory == first.trajectory && result.reason == .finished)
    }

    @Test("Bits do not depend on how often a run is checked")
    func checks() throws {
        let study = try TinyStudy()
        var configuration = configuration(study, .adamw)
        let (first, a) = try study.unlearner(configuration)
        _ = try first.run()
        configuration.checkEvery = 1
        let (second, b) = try study.unlearner(configuration)
        _ = try second.run()
        #expect(a.array == b.array)
    }

    @Test("A state of other inputs, a damaged one and none at all are refused")
    func refused() throws {
        let study = try TinyStudy()
        var configuration = configuration(study, .adamw)
        let states = try temporaryFolder("states")
        #expect(!Unlearner.hasState(in: states))
        #expect(throws: InputError.self) { try study.unlearner(configuration, states: states).0.run(resume: true) }
        _ = try study.unlearner(configuration, states: states).0.run { $0.point.step == 4 ? .stop : .goOn }
        #expect(Unlearner.hasState(in: states))

        configuration.optimizer.learningRate = 2e-3
        let error = #expect(throws: InputError.self) {
            try study.unlearner(configuration, states: states).0.run(resume: true)
        }
        #expect(error?.what.contains("another configuration") == true)
        configuration.optimizer.learningRate = 1e-3
        let other = study.model.copy()
        other.values.buffer[0] += 1
        let another = #expect(throws: InputError.self) {
            try study.unlearner(configuration, on: other, states: states).0.run(resume: true)
        }
        #expect(another?.what.contains("another model") == true)

        let path = states + "/checked.state"
        let whole = try Input.bytes(path)
        for length in [0, 7, 8, 200, whole.count - 1] {
            try AtomicFile.write(whole.prefix(length), to: path)
            #expect(throws: InputError.self, "\(length) bytes") {
                try study.unlearner(configuration, states: states).0.run(resume: true)
            }
        }
    }

    @Test(
        "A state whose numbers contradict each other is refused",
        arguments: [
            ("\"shape\":[", "\"shape\":[4611686018427387904,4,"), ("\"shape\":[", "\"shape\":[9223372036854775807,"),
            ("\"shape\":[", "\"shape\":[-1,"), ("\"optimizer-steps\":\"", "\"optimizer-steps\":\"922337203685477580"),
            ("\"optimizer-steps\":\"", "\"optimizer-steps\":\"-"),
            ("\\\"step\\\":4", "\\\"step\\\":9223372036854775807"),
            ("\\\"step\\\":4", "\\\"step\\\":-9223372036854775808"), ("\\\"step\\\":4", "\\\"step\\\":5"),
        ])
    func contradictions(old: String, new: String) throws {
        let study = try TinyStudy()
        let configuration = configuration(study, .adamw)
        let states = try temporaryFolder("states")
        _ = try study.unlearner(configuration, states: states).0.run { $0.point.step == 4 ? .stop : .goOn }
        let path = states + "/checked.state"
        let bytes = try Input.bytes(path)
        let end = 8 + (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
        let header = String(decoding: bytes[8..<end], as: UTF8.self)
        let changed = header.replacingOccurrences(of: old, with: new)
        try #require(changed != header, "\(header.prefix(2000))")
        let length = withUnsafeBytes(of: UInt64(changed.utf8.count).littleEndian) { [UInt8]($0) }
        try AtomicFile.write(length + Array(changed.utf8) + bytes[end...], to: path)
        unlink(states + "/interrupted.state")
        let error = #expect(throws: InputError.self) {
            try study.unlearner(configuration, states: states).0.run(resume: true)
        }
        #expect(error?.what.contains("saved state") == true, "\(error?.description ?? "")")
    }

    @Test("A state folder that cannot be written is unfinished work, not wrong input")
    func unwritable() throws {
        let study = try TinyStudy()
        let file = try temporaryFolder("states") + "/file"
        try AtomicFile.write("in the way", to: file)
        #expect(throws: UnfinishedError.self) { try study.unlearner(study.configuration, states: file + "/states") }
    }

    @Test("The audit log tells the course of a run")
    func audited() throws {
        let study = try TinyStudy()
        let path = try temporaryFolder("audit") + "/audit.jsonl"
        let log = try AuditLog(path: path)
        _ = try study.unlearner(configuration(study, .adamw), audit: log).0.run()
        let events = try Input.text(path).split(separator: "\n").map { line in
            try JSON.parse(Array(line.utf8), place: path)["event"]
        }
        #expect(events == ["unlearn-started", "check-passed", "check-passed", "check-passed", "unlearn-ended"])
        #expect(try AuditLog.verify(path).holds)
    }
}
