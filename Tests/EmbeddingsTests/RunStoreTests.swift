import Embeddings
import FileSupport
import Foundation
import LinearAlgebra
import TestSupport
import Testing

/// A small run with every kind of record.
struct SampleRun {
    let folder: String
    let before: [Float]
    let after: [Float]
    static let rows = 700
    static let dimensions = 300

    init() throws {
        folder = try temporaryFolder("store") + "/run"
        let count = Self.rows * Self.dimensions
        var random = RandomStream(seed: 3, label: "sample run")
        before = (0..<count).map { _ in Float(random.normal()) }
        after = before.map { $0 + 0.001 }
    }

    static let provenance = Provenance(
        facts: ["seed": .int(7), "command_line": .string("driftscope run é"), "learning_rate": .double(3e-5)],
        inputs: [(role: "forget", name: "dghs.csv", bytes: 12, sha256: "ab")])

    static let concepts = ConceptTable(rows: [
        ConceptRow(
            domain: "gender", group: "female", word: "woman", variant: " woman", lexicon: "gender", pair: 0,
            isControl: false, tokens: [5], status: .single, exposure: .masked, inTwoConcepts: false),
        ConceptRow(
            domain: "race", group: "asian", word: "Asian", variant: " Asian", lexicon: "race", pair: nil,
            isControl: false, tokens: [7, 8], status: .multi, exposure: .unexposed, inTwoConcepts: true),
    ])

    static let evaluation = Evaluation(
        profile: "driftscope", summary: "{\"share\": 0.5}",
        items: [
            "row": .int64([1, 2]), "domain": .string(["race", "гендер"]), "gap": .double([0.5, .nan]),
            "gap_changed": .float([1, -.infinity]), "tie": .bool([false, true]),
        ])

    static func interventions(_ alpha: Double) -> InterventionTable {
        InterventionTable(
            rows: ["kind": .string(["dose"]), "alpha": .double([alpha]), "draw": .int64([0])],
            gaps: ["race": Matrix(rows: 1, columns: 3, elements: [Float(alpha), 1, 2])])
    }

    func step(_ number: Int) -> TrajectoryRow {
        TrajectoryRow(
            step: number, forgetLoss: -Double(number), learningRate: 1e-3,
            bias: number.isMultiple(of: 10) ? ["gender": 0.5] : [:])
    }

    /// Writes all records.
    func write() throws -> RunWriter {
        let writer = try RunWriter.create(
            in: folder, header: RunHeader(runID: "r1", created: Date(timeIntervalSince1970: 0), producerVersion: "0.1"))
        try writer.write(Self.provenance)
        try writer.write(Self.concepts)
        let (rows, dimensions) = (Self.rows, Self.dimensions)
        try writer.writeSnapshot(step: 0, label: "before", rows: rows, dimensions: dimensions, input: before)
        for number in 0..<150 {
            let keep = number.isMultiple(of: 50)
            try after.withUnsafeBufferPointer {
                try writer.append(
                    step(number), tokens: [3, 699], embedding: keep ? $0.baseAddress : nil, dimensions: dimensions)
            }
        }
        try writer.append(step(4), scope: .seed(2))
        try writer.writeSnapshot(
            step: 150, label: "after", rows: rows, dimensions: dimensions, input: after, output: before)
        try writer.writeEvaluation(Self.evaluation, label: "before", benchmark: "crows/pairs")
        try writer.appendInterventions(Self.interventions(0.5))
        try writer.appendInterventions(Self.interventions(1))
        try writer.writeContextual(contextual, step: 0)
        try writer.writeResults(["drift": Self.evaluation.items], json: "{}")
        try writer.flush()
        return writer
    }

    var contextual: ContextualTable {
        let layers = (0..<3).map { Matrix<Float>(rows: 2, columns: 4, elements: (0..<8).map { Float($0) }, scale: $0) }
        return ContextualTable(
            words: [("gender", "female", "woman"), ("race", "asian", "Asian")], mean: layers, spread: layers,
            contexts: [5, 5], templateSet: ("plain", "abc"))
    }

    /// Reads all records back and compares.
    func check(_ reader: RunReader) throws {
        #expect(reader.header.runID == "r1" && reader.header.created == "1970-01-01T00:00:00Z")
        #expect(try reader.provenance() == Self.provenance)
        #expect(try reader.concepts() == Self.concepts)
        #expect(try reader.snapshots().map(\.label) == ["before", "after"])
        #expect(try reader.snapshots().map(\.isTied) == [true, false])
        let last = try reader.snapshot("after")
        #expect(try reader.embedding(last).elements == after)
        #expect(try reader.embedding(last, side: .output).elements == before)
        let whole = Matrix(rows: Self.rows, columns: Self.dimensions, elements: after)
        #expect(try reader.embedding(last, rows: [699, 0, 690, 3, 699]) == whole.gathering([699, 0, 690, 3, 699]))
        let trajectory = try #require(try reader.trajectory())
        #expect(trajectory.steps.map(\.step) == Array(0..<150))
        #expect(trajectory.steps[10].bias == ["gender": 0.5] && trajectory.steps[11].bias.isEmpty)
        #expect(trajectory.rowSteps == [0, 50, 100] && trajectory.rowTokens == [3, 699])
        #expect(trajectory.rows == [Matrix](repeating: whole.gathering([3, 699]), count: 3))
        #expect(try reader.seeds() == [2])
        #expect(try reader.trajectory(.seed(2))?.steps.map(\.step) == [4])
        #expect(try reader.evaluations().map { $0.label + "|" + $0.benchmark } == ["before|crows-pairs"])
        let scores = try #require(try reader.evaluation(label: "before", benchmark: "crows/pairs"))
        #expect(scores.profile == "driftscope" && scores.summary == Self.evaluation.summary)
        #expect(scores.items.names == Self.evaluation.items.names)
        #expect(scores.items.string("domain") == ["race", "гендер"] && scores.items.bool("tie") == [false, true])
        #expect(scores.items.double("gap")?[1].isNaN == true && scores.items["gap_changed"] == .float([1, -.infinity]))
        let models = try #require(try reader.interventions())
        #expect(models.rows.double("alpha") == [0.5, 1])
        #expect(models.gaps["race"]?.elements == [0.5, 1, 2, 1, 1, 2])
        #expect(try reader.contextual(step: 0) == contextual)
        #expect(try reader.resultsTables().keys.sorted() == ["drift"])
        #expect(try reader.verify().isEmpty)
    }
}

extension Matrix where Scalar == Float {
    init(rows: Int, columns: Int, elements: [Float], scale: Int) {
        self.init(rows: rows, columns: columns, elements: elements.map { $0 * Float(scale + 1) })
    }
}

@Suite("A run store")
struct RunStoreTests {
    @Test("gives back every record, while the run goes on and when it is packed")
    func roundTrip() throws {
        let run = try SampleRun()
        defer { try? FileManager.default.removeItem(atPath: run.folder) }
        let writer = try run.write()
        let open = try RunReader(run.folder)
        #expect(!open.isPacked)
        try run.check(open)
        #expect(try linkedLabel(run.folder) == "after", "any HDF5 program follows the links of the index")
        try writer.finish()
        let packed = try RunReader(run.folder + "/run.h5")
        #expect(packed.isPacked)
        try run.check(packed)
        #expect(try FileManager.default.contentsOfDirectory(atPath: run.folder) == ["run.h5"])
    }

    /// A label read through the index's link; what it opens is closed on return, since the library refuses to open a
    /// file in two ways at once.
    private func linkedLabel(_ folder: String) throws -> String {
        try HDF5File.open(folder + "/run.h5").root().group("/snapshots/000150").stringAttribute("label")
    }

    @Test("packed twice from the same records gives the same bytes")
    func repeatable() throws {
        let digests = try (0..<2).map { _ in
            let run = try SampleRun()
            defer { try? FileManager.default.removeItem(atPath: run.folder) }
            try run.write().finish()
            return try SHA256Hex.ofFile(run.folder + "/run.h5").sha256
        }
        #expect(digests[0] == digests[1])
    }

    @Test("finds a changed byte")
    func verification() throws {
        let run = try SampleRun()
        defer { try? FileManager.default.removeItem(atPath: run.folder) }
        try run.write().finish()
        let path = run.folder + "/run.h5"
        var bytes = try Input.bytes(path)
        let needle =
            withUnsafeBytes(of: run.before[1000]) { Array($0) } + withUnsafeBytes(of: run.before[1001]) { Array($0) }
        let place = try #require(bytes.firstRange(of: needle)?.lowerBound)
        bytes[place] ^= 1
        try AtomicFile.write(bytes, to: path)
        let faults = try RunReader(path).verify()
        #expect(faults.contains { $0.hasSuffix("_embedding") })
    }

    @Test("goes on after an interruption from the step that was saved")
    func resume() throws {
        let run = try SampleRun()
        defer { try? FileManager.default.removeItem(atPath: run.folder) }
        _ = try run.write()
        let writer = try RunWriter.resume(in: run.folder, fromStep: 70)
        for number in 71..<200 { try writer.append(run.step(number)) }
        try writer.finish()
        let trajectory = try #require(try RunReader(run.folder).trajectory())
        #expect(trajectory.steps.map(\.step) == Array(0..<200))
        #expect(trajectory.rowSteps == [0, 50])
    }

    @Test("refuses a folder with a run, a finished run, another file, another schema and a newer version")
    func refusals() throws {
        let run = try SampleRun()
        defer { try? FileManager.default.removeItem(atPath: run.folder) }
        try run.write().finish()
        let header = RunHeader(runID: "r2", producerVersion: "0.1")
        #expect(throws: InputError.self) { try RunWriter.create(in: run.folder, header: header) }
        #expect(throws: InputError.self) { try RunWriter.resume(in: run.folder, fromStep: 0) }
        let text = run.folder + "/text.h5"
        try AtomicFile.write("not a run", to: text)
        #expect { try RunReader(text) } throws: { ($0 as? InputError)?.what == "not an HDF5 file" }
        #expect { try RunReader(run.folder + "/none.h5") } throws: { ($0 as? InputError)?.what == "no such file" }
        let foreign = run.folder + "/foreign.h5"
        try HDF5File.create(foreign).close()
        #expect { try RunReader(foreign) } throws: { "\($0)".contains("not of the schema") }
        let path = run.folder + "/run.h5"
        let bytes = try Input.bytes(path)
        try AtomicFile.write(bytes.prefix(bytes.count / 3), to: path)
        #expect(throws: InputError.self) { try RunReader(path).verify() }
    }

    @Test("takes new results in place of the old, and leaves the rest as it was")
    func results() throws {
        let run = try SampleRun()
        defer { try? FileManager.default.removeItem(atPath: run.folder) }
        try run.write().finish()
        try RunStore.replaceResults(["transfer": ["tau": .double([0.25])]], json: "{\"a\": 1}", in: run.folder)
        let reader = try RunReader(run.folder)
        #expect(try reader.resultsJSON() == "{\"a\": 1}")
        #expect(try reader.resultsTables() == ["transfer": ["tau": .double([0.25])]])
        #expect(try reader.embedding(try reader.snapshot("after")).elements == run.after)
        #expect(try reader.verify().isEmpty)
    }
}
