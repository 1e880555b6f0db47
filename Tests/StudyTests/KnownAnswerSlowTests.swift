import BuiltInStudy
import FileSupport
import Foundation
import LanguageModel
import Study
import StudyFiles
import TestSupport
import Testing

/// The studies with known answers over seeds. `make test-slow` runs these.
@Suite("Studies with known answers, slow", .enabled(if: isSlow, "set DRIFTSCOPE_SLOW"), .serialized)
struct KnownAnswerSlowTests {
    private func run(_ study: StudyFile.BuiltIn, seeds: ClosedRange<Int>) throws -> [Finding] {
        try seeds.map { try Finding(StudyFile.builtIn(study, overrides: Finding.light + ["seeds=[\($0)]"])) }
    }

    @Test("where nothing is shared, there is no transfer in at least 9 of 10 seeds, though gender falls in all")
    func apart() throws {
        let findings = try run(.apart, seeds: 1...10)
        for domain in ["race", "religion", "age"] {
            let outcomes = findings.map { $0.outcomes[domain] }
            #expect(outcomes.count { $0 == "no transfer" } >= 9, "\(domain): \(outcomes)")
            #expect(!outcomes.contains("transfer supported") && !outcomes.contains("negative transfer"))
        }
        #expect(findings.allSatisfy { $0.targetFalls })
    }

    @Test("where a latent is shared and no word, transfer to race alone is supported in at least 7 of 8 seeds")
    func latent() throws {
        let findings = try run(.latent, seeds: 1...8)
        #expect(findings.count { $0.outcomes["race"] == "transfer supported" } >= 7, "\(findings.map(\.outcomes))")
        for domain in ["religion", "age"] {
            let outcomes = findings.map { $0.outcomes[domain] }
            #expect(
                !outcomes.contains("transfer supported") && !outcomes.contains("negative transfer"),
                "\(domain): \(outcomes)")
            #expect(outcomes.count { $0 == "no transfer" } >= 7, "\(domain): \(outcomes)")
        }
    }

    @Test("where the retain text teaches race stereotypes, race shows negative transfer in every seed")
    func negative() throws {
        let findings = try run(.negative, seeds: 1...4)
        #expect(findings.allSatisfy { $0.outcomes["race"] == "negative transfer" }, "\(findings.map(\.outcomes))")
        #expect(findings.allSatisfy { $0.targetFalls })
    }
}
