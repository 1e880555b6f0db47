import BuiltInStudy
import Embeddings
import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import Records
import RunStore
import Study
import StudyFiles
import TestSupport
import Testing

/// Runs that hold less than a whole study does: what is there is analysed, what is not is named.
@Suite("Analysis of partial runs")
struct PartialRunTests {
    /// A run of snapshots and concepts alone.
    private static func run(
        in folder: String, snapshots labels: [String], untied: Bool = false, rowsAfter extra: Int = 0
    ) throws {
        let checkpoint = try CheckpointFolder.load(BuiltInStudy.path("planted/model"))
        let study = try StudyFile.builtIn()
        let writer = try RunWriter.create(in: folder, header: RunHeader(runID: "partial", producerVersion: "0"))
        let rows = checkpoint.model.configuration.vocabularySize
        try writer.write(try TokenTable(tokenizer: checkpoint.tokenizer, rows: rows))
        let lexicons = try ConceptLexicon.readFolder(study.concepts)
        try writer.write(ConceptTable.resolve(lexicons, tokenizer: checkpoint.tokenizer, exposure: nil))
        var metadata = RunMetadata()
        metadata.study = try study.resolved()
        try writer.write(metadata)
        let embedding = checkpoint.model.tensor(checkpoint.model.inputEmbedding)
        let width = embedding.count / rows
        var values = Array(embedding)
        for (step, label) in labels.enumerated() {
            if step > 0 {
                var stream = RandomStream(seed: UInt64(step))
                for i in values.indices { values[i] += 0.01 * Float(stream.normal()) }
                values += [Float](repeating: 0.1, count: extra * width)
            }
            let output = values.map { 2 * $0 }
            try values.withUnsafeBufferPointer { input in
                try output.withUnsafeBufferPointer { output in
                    guard let first = input.baseAddress else { return }
                    try writer.writeSnapshot(
                        step: step, label: label, rows: values.count / width, dimensions: width, input: first,
                        output: untied ? output.baseAddress : nil)
                }
            }
        }
        try writer.finish()
    }

    private static func analyse(
        _ labels: [String], untied: Bool = false, rowsAfter extra: Int = 0
    ) throws -> (report: JSONCursor, reasons: [String]) {
        let folder = try temporaryFolder("partial")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try run(in: folder + "/run", snapshots: labels, untied: untied, rowsAfter: extra)
        let summary = try RunAnalysis.finish(folder + "/run", isVerified: true, progress: .silent)
        let report = JSONCursor(summary.json, place: "report.json")
        let reasons = try report.member("not_computed").elements().map {
            try $0.member("what").string() + ": " + (try $0.member("reason").string())
        }
        return (report, reasons)
    }

    @Test("with one snapshot every space is named as not computed, and a report is written")
    func oneSnapshot() throws {
        let (report, reasons) = try Self.analyse(["before"])
        #expect(try report.member("drift").members().isEmpty)
        for space in ["input embeddings", "output embeddings", "contextual vectors"] {
            #expect(reasons.contains { $0.hasPrefix("drift of \(space)") && $0.contains("only 'before'") }, "\(space)")
        }
    }

    @Test("a report is made again from the analysis kept; one of another version asks for an analysis")
    func keptAnalysis() throws {
        let folder = try temporaryFolder("kept")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Self.run(in: folder + "/run", snapshots: ["before", "after"])
        let first = try RunAnalysis.finish(
            folder + "/run", isVerified: true, progress: .silent, formats: ["json"])
        let again = try RunAnalysis.report(folder + "/run", progress: .silent, gates: [], formats: ["json"])
        #expect(again.json == first.json)
        try RunStore.replaceResults([:], json: #"{"domains": []}"#, in: folder + "/run", group: "results")
        let error = #expect(throws: InputError.self) {
            try RunAnalysis.report(folder + "/run", progress: .silent, gates: [], formats: ["json"])
        }
        #expect(error?.remedy.hasPrefix("driftscope analyze ") == true)
    }

    @Test("two snapshots without scores or contextual vectors give drift, and say what is missing")
    func embeddingsAlone() throws {
        let (report, reasons) = try Self.analyse(["before", "after"])
        let spaces = try report.member("drift").members().map(\.key)
        #expect(spaces == ["input_embeddings", "output_embeddings_tied"])
        #expect(reasons.contains { $0.hasPrefix("drift of contextual vectors") })
        let race = try report.member("drift").member("input_embeddings").member("clusters").member("race")
        #expect(try race.member("displacement").member("p").double() > 0)
        let overlap = try report.member("drift").member("input_embeddings").member("neighbour_overlap")
        #expect(try overlap.member("mean_jaccard").double() < 1)
    }

    @Test("untied output embeddings are a space of their own, and rows added after are counted")
    func untied() throws {
        let (report, _) = try Self.analyse(["before", "after"], untied: true, rowsAfter: 3)
        #expect(try report.member("drift").members().map(\.key) == ["input_embeddings", "output_embeddings"])
        for space in ["input_embeddings", "output_embeddings"] {
            let match = try report.member("drift").member(space).member("vocabulary")
            #expect(try match.member("added").double() == 3 && match.member("removed").double() == 0)
        }
        let gauge = try report.member("drift").member("output_embeddings").member("gauge")
        #expect(try gauge.member("norm_before").double() > 0)
    }
}
