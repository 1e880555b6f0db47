import Analyze
import Embeddings
import Foundation
import RunStore
import Study
import StudyFiles
import TestSupport
import Testing

/// A minute on two cores.
@Suite("What carries the built-in study's transfer, slow", .enabled(if: isSlow, "set DRIFTSCOPE_SLOW"), .serialized)
struct UpdateAttributionTests {
    @Test("race moves through directions shared with gender, more than random ones carry; age shares none")
    func mediation() throws {
        let study = try StudyFile.builtIn(
            overrides: [
                "analyze.null-draws=0", "why.forecast=false", "why.ablations=false", "why.retrainings=false",
                "why.neutral-words=0", "why.decomposition=false",
            ])
        let folder = try temporaryFolder("attribution")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try StudyRun(study, folder: folder + "/run").run()
        let text = try #require(try RunReader(folder + "/run").resultsJSON())
        let result = try JSONDecoder().decode(AnalysisResult.self, from: Data(text.utf8))
        let found = try #require(result.attribution)

        for domain in ["race", "religion"] {
            let row = try #require(
                found.mediation.first { $0.domain == domain && $0.subject == domain && $0.subspace == "shared" })
            let share = try #require(row.share.value)
            #expect(share > 0.25, "\(domain): \(share)")
            #expect(row.share.controls == 20 && (row.share.p ?? 1) <= 0.05, "\(domain): \(row.share)")
            #expect(share > (row.share.controlUpper ?? .infinity))
            #expect((row.share.interval?.lower ?? -1) > 0)
            // What is removed and what is kept tell of the same part.
            #expect(abs((row.kept.value ?? 0) - share) < 0.15)
        }
        let age = found.mediation.filter { $0.subject == "age" && $0.subspace == "shared" }
        #expect(!age.isEmpty && age.allSatisfy { $0.ranks.allSatisfy { $0 == 0 } && $0.share.reason != nil })

        for summary in found.alignment {
            #expect(abs(summary.completenessError) < 1e-4, "\(summary.domain)")
            let p = summary.neutral.p ?? 1
            #expect(summary.domain == "age" ? p > 0.05 : p < 0.01, "\(summary.domain): \(summary.neutral)")
        }
        for domain in ["gender", "race"] {
            let parts = found.patching.filter { $0.domain == domain }
            #expect(parts.count == 6)
            #expect(abs(parts.reduce(0) { $0 + $1.normShare } - 1) < 1e-6)
            let sum = parts.compactMap(\.shareOnly.value).reduce(0, +)
            #expect(abs(sum - 1) < 0.2, "\(domain): \(sum)")
            for part in parts where ["attention", "mlp"].contains(part.component) {
                #expect((part.shareOnly.p ?? 1) < 0.05 && (part.shareOnly.value ?? 0) > 0.2, "\(domain)")
            }
        }
    }
}
