import Embeddings
import FileSupport
import Foundation
import LinearAlgebra
import Records
import RunStore
import TestSupport
import Testing

extension SampleRun {
    /// Reads all records back and compares.
    func check(_ reader: RunReader) throws {
        #expect(reader.header.runID == "r1" && reader.header.created == "1970-01-01T00:00:00Z")
        let (found, wanted) = (try RunStore.read(reader), Self.records)
        #expect(found.metadata == wanted.metadata)
        #expect(found.tokens == wanted.tokens && found.concepts == wanted.concepts)
        #expect(found.trajectory == wanted.trajectory)
        #expect(found.evaluations == wanted.evaluations)
        #expect(found.models == wanted.models)
        #expect(found.forecast == wanted.forecast && found.forecastOutcome == wanted.forecastOutcome)
        #expect(found.alignment == wanted.alignment && found.mediation == wanted.mediation)
        #expect(found.contributions == wanted.contributions && found.decomposition == wanted.decomposition)
        #expect(found.retrainings == wanted.retrainings)
        #expect(found.snapshots.map(\.label) == ["before", "after"] && found.snapshots.map(\.isTied) == [true, false])
        #expect(found.before?.input.elements == before && found.before?.output?.elements == before)
        #expect(found.after?.input.elements == after && found.after?.output?.elements == before)
        #expect(found.before?.contextual == contextual && found.after?.contextual == contextual)
        let last = try reader.snapshot("after")
        let whole = Matrix(rows: rows, columns: dimensions, elements: after)
        let some = [rows - 1, 0, 10, 3, rows - 1]
        #expect(try reader.embedding(last, rows: some) == whole.gathering(some))
        let trajectory = try #require(try reader.trajectory())
        #expect(trajectory.rowSteps == [0, 50, 100] && trajectory.rowTokens == [3, Int32(rows - 1)])
        #expect(trajectory.rows == [Matrix](repeating: whole.gathering([3, rows - 1]), count: 3))
        #expect(try reader.resultsTables().keys.sorted() == ["drift"])
        #expect(try reader.verify().isEmpty)
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
        try HDF5File.openLinked(folder + "/run.h5").root.group("/snapshots/000150").stringAttribute("label")
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
        for number in 71..<200 { try writer.append(SampleRun.step(number)) }
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
        try HDF5File.write(foreign) { _ in }
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

    @Test(
        "names with odd characters, and long ones, are kept apart and read back as they are", arguments: [false, true])
    func oddNames(isPacked: Bool) throws {
        let run = try SampleRun(rows: 4, dimensions: 2)
        defer { try? FileManager.default.removeItem(atPath: run.folder) }
        let writer = try RunWriter.create(in: run.folder, header: RunHeader(runID: "r", producerVersion: "0"))
        let names = [
            "crows/pairs", "crows-pairs", "crows pairs", "..", ".", "пол", "ras", "пом",
            String(repeating: "n", count: 300),
            "a%2Fb", "a\u{1}b",
        ]
        func evaluation(_ name: String) -> Evaluation {
            var evaluation = SampleRun.evaluation("before", name)
            evaluation.items[0].clusters = Dictionary(names.map { ($0, "in " + $0) }) { first, _ in first }
            evaluation.columns.append(ScoreColumn(name, .text(["x", "y", name])))
            return evaluation
        }
        for name in names { try writer.write(evaluation(name)) }
        var model = ScoredModel(benchmark: "b", kind: .dose, alpha: 1)
        for (index, name) in names.enumerated() {
            (model.bias[name], model.gaps[name]) = (Double(index), [Double(index)])
        }
        let counts = Dictionary(names.map { ($0, 1) }) { first, _ in first }
        try writer.append([model], items: ScoredItems(domains: names, counts: ["b": counts]))
        var contributions = ContributionRecord()
        contributions.tables = [
            ContributionTable(
                benchmark: "b", domains: names, sentences: [], digests: [], uses: [], bySentence: names.map { _ in [] },
                words: ["w"], wordUses: [1], byWord: names.map { _ in [1] }, usedAgainst: [names],
                retain: names.map { _ in 0 }, decay: names.map { _ in 0 }, isExact: true)
        ]
        try writer.write(contributions)
        if isPacked { try writer.finish() } else { try writer.flush() }
        let reader = try RunReader(run.folder)
        #expect(reader.isPacked == isPacked)
        let found = try reader.evaluations().compactMap {
            try reader.evaluation(label: $0.label, benchmark: $0.benchmark)
        }
        #expect(found.count == names.count)
        for name in names {
            #expect(found.contains(evaluation(name)), "\(name)")
            #expect(try reader.evaluation(label: "before", benchmark: name) == evaluation(name), "\(name)")
        }
        #expect(try reader.models() == [model])
        #expect(try reader.stage(ContributionRecord.self) == contributions)
        #expect(try reader.verify().isEmpty)
    }

    @Test("records whose lists do not agree are refused by the group's name")
    func disagreement() throws {
        func fault(_ change: (inout RunRecords) -> Void) throws -> String {
            let run = try SampleRun(rows: 4, dimensions: 2)
            defer { try? FileManager.default.removeItem(atPath: run.folder) }
            var records = SampleRun.records
            change(&records)
            let writer = try RunWriter.create(
                in: run.folder, header: RunHeader(runID: "r", producerVersion: "0"))
            if let tokens = records.tokens { try writer.write(tokens) }
            if let concepts = records.concepts { try writer.write(concepts) }
            if let record = records.decomposition { try writer.write(record) }
            return try #require(throws: InputError.self) { try RunStore.read(run.folder) }.what
        }
        #expect(try fault { $0.tokens?.corpusCount[0] = .max }.hasPrefix("/tokens counts"))
        #expect(try fault { $0.tokens?.forgetCount[0] = -2 }.hasPrefix("/tokens counts"))
        #expect(try fault { $0.concepts?.rows[0].tokens = [-5] }.hasPrefix("/concepts names the token -5"))
        #expect(try fault { $0.decomposition?.words[0].rows = [1] }.hasPrefix("/replay names the row 1"))
        #expect(try fault { $0.decomposition?.tokens = [5, 6] }.hasPrefix("/replay has matrices"))
    }

    @Test("joins blocks of scored models only where they are of the same domains and items")
    func otherItems() throws {
        let run = try SampleRun(rows: 4, dimensions: 2)
        defer { try? FileManager.default.removeItem(atPath: run.folder) }
        let writer = try RunWriter.create(in: run.folder, header: RunHeader(runID: "r", producerVersion: "0"))
        try writer.append(SampleRun.models(1), items: SampleRun.items)
        try writer.append([], items: ScoredItems(domains: ["race"], counts: ["crows": ["race": 3]]))
        #expect { try writer.finish() } throws: { "\($0)".contains("than the blocks before it") }
    }

    @Test("a file that was closed opens again although a child process still holds its descriptor")
    func heldByChild() throws {
        let folder = try temporaryFolder("held")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/held.h5"
        var held: Int32 = -1
        defer { Foundation.close(held) }
        try HDF5File.write(path) { _ in
            // What fork does: a second descriptor of the same open file.
            let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
            let own = try #require(
                descriptors.compactMap { Int32($0) }.first {
                    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)"))?
                        .hasSuffix("/held.h5") == true
                })
            held = dup(own)
        }
        _ = try HDF5File.open(path)
    }
}
