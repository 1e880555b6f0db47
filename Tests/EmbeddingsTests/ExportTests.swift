import Embeddings
import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import Records
import RunStore
import TestSupport
import Testing

@Suite("Exports")
struct ExportTests {
    private let tokenizer = WordTokenizer(words: [" red", " blue", " e\u{301}", " \u{e9}"])

    private func run() throws -> RunReader {
        let folder = try temporaryFolder("export") + "/run"
        let rows = tokenizer.vocabularySize + 3
        var random = RandomStream(seed: 1, label: "export")
        let before = (0..<rows * 5).map { _ in Float(random.normal()) * 1e-3 }
        let after = before.map { $0 * 1.25 }
        let writer = try RunWriter.create(in: folder, header: RunHeader(runID: "e", producerVersion: "0"))
        try writer.write(TokenTable(tokenizer: tokenizer, rows: rows))
        try writer.writeSnapshot(step: 0, label: "before", rows: rows, dimensions: 5, input: before)
        try writer.writeSnapshot(step: 9, label: "after", rows: rows, dimensions: 5, input: after)
        try writer.finish()
        return try RunReader(folder)
    }

    @Test("keep every token but padding rows, and read back exactly", arguments: ExportFormat.all)
    func roundTrip(format: ExportFormat) throws {
        let reader = try run()
        let vectors = try reader.vectors(of: "after")
        #expect(vectors.keys.count == tokenizer.vocabularySize)
        let path = try temporaryFolder("export") + "/out"
        try Exporter.write(vectors, format: format, to: path)
        switch format.name {
        case "word2vec", "glove":
            let (keys, matrix) = try TextVectors.read(path, header: format.name == "word2vec")
            #expect(keys.map { Array($0.utf8) } == vectors.keys.map { Array($0.utf8) } && matrix == vectors.matrix)
        case "npy":
            #expect(try NumPyArray.read(path) == vectors.matrix)
            let keys = try JSONCursor.read(path + ".tokens.json").member("keys").elements().map { try $0.string() }
            #expect(keys.map { Array($0.utf8) } == vectors.keys.map { Array($0.utf8) })
        default:
            let metadata = try Input.text(path + "/metadata.tsv").split(separator: "\n")
            let numbers = try Input.text(path + "/vectors.tsv").split(separator: "\n")
            #expect(metadata.count == numbers.count + 1 && metadata[0] == "key\ttext\ttoken_id")
            #expect(numbers.allSatisfy { $0.split(separator: "\t").count == 5 })
            #expect(try Input.text(path + "/projector_config.pbtxt").contains("tensor_path: \"vectors.tsv\""))
        }
    }

    @Test("a format that nothing else knows is written as the others are, and refused what they are refused")
    func own() throws {
        let format = ExportFormat(name: "norms", summary: "key and length of each vector, a line a row") {
            vectors, path in
            let lines = vectors.keys.enumerated().map { row, key in
                "\(key)\t\(vectors.matrix.row(row).reduce(0) { $0 + $1 * $1 }.squareRoot())"
            }
            try AtomicFile.write(lines.joined(separator: "\n"), to: path)
        }
        var vectors = ExportVectors(
            matrix: Matrix(rows: 2, columns: 2, elements: [3, 4, 0, 1]), keys: ["a", "b"], texts: ["a", "b"],
            tokens: [0, 1])
        let path = try temporaryFolder("export") + "/norms.tsv"
        try Exporter.write(vectors, format: format, to: path)
        #expect(try Input.text(path) == "a\t5.0\nb\t1.0")
        vectors.keys[1] = "a"
        #expect(throws: InputError.self) { try Exporter.write(vectors, format: format, to: path + "2") }
    }

    @Test("of chosen words keep their order, take the spelling with a space first, and give the movement")
    func subset() throws {
        let reader = try run()
        let delta = try reader.vectors(of: "after", minus: "before", words: ["blue", "red", "<65>", "red"])
        #expect(delta.keys == ["Ġblue", "Ġred", "<65>"] && delta.tokens == [257, 256, 65])
        let (after, before) = (try reader.vectors(of: "after"), try reader.vectors(of: "before"))
        let expected = [257, 256, 65].flatMap { row in
            zip(after.matrix.row(row), before.matrix.row(row)).map { $0 - $1 }
        }
        #expect(delta.matrix.elements == expected)
        #expect(throws: InputError.self) { try reader.vectors(of: "after", words: ["green"]) }
        #expect { try reader.vectors(of: "during") } throws: { "\($0)".contains("before, after") }
    }

    @Test("no token is a formula in the projector's metadata; ids and rows stay")
    func formulas() throws {
        let vectors = ExportVectors(
            matrix: Matrix(rows: 4, columns: 1, elements: [-1, 2, 3, 4]), keys: ["=1+1", "-5", "@x", "a"],
            texts: ["=1+1", "-5", "\t=x", "=a\u{9B}"], tokens: [0, 1, 2, 3])
        let path = try temporaryFolder("export") + "/projector"
        try Exporter.write(vectors, format: .tensorboard, to: path)
        #expect(
            try Input.text(path + "/metadata.tsv")
                == "key\ttext\ttoken_id\n'=1+1\t'=1+1\t0\n-5\t-5\t1\n'@x\t\\t=x\t2\na\t'=a\\u{9b}\t3\n")
        #expect(try Input.text(path + "/vectors.tsv") == "-1.0\n2.0\n3.0\n4.0\n")
    }

    @Test("refuse numbers that are not finite, blank keys and double keys, and leave no file")
    func refusals() throws {
        let good = ExportVectors(
            matrix: Matrix(rows: 2, columns: 1, elements: [1, 2]), keys: ["a", "b"], texts: ["a", "b"], tokens: [0, 1])
        var broken = [good, good, good, good]
        broken[0].matrix.elements[1] = .nan
        broken[1].keys[0] = "a b"
        broken[2].keys[0] = "b"
        broken[3].keys[0] = ""
        for vectors in broken {
            for format in ExportFormat.all {
                let folder = try temporaryFolder("export")
                #expect(throws: InputError.self) { try Exporter.write(vectors, format: format, to: folder + "/x") }
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
            }
        }
    }

    @Test("that were cut off are refused by our own readers")
    func cutOff() throws {
        let vectors = try run().vectors(of: "before")
        let path = try temporaryFolder("export") + "/v"
        for format in [ExportFormat.word2vec, .npy] {
            try Exporter.write(vectors, format: format, to: path)
            let bytes = try Input.bytes(path)
            try AtomicFile.write(bytes.prefix(bytes.count / 2), to: path)
            #expect(throws: InputError.self) {
                if format.name == "npy" {
                    _ = try NumPyArray.read(path)
                } else {
                    _ = try TextVectors.read(path, header: true)
                }
            }
        }
    }

    private static let python = ProcessInfo.processInfo.environment["DRIFTSCOPE_PYTHON"]

    @Test(
        "and run.h5 open in gensim, numpy, h5py and anndata with the same numbers",
        .enabled(if: python != nil, "needs DRIFTSCOPE_PYTHON, a Python with gensim, h5py and anndata"))
    func otherPrograms() throws {
        let reader = try run()
        let vectors = try reader.vectors(of: "after")
        let folder = try temporaryFolder("interop")
        for format in ExportFormat.all {
            try Exporter.write(vectors, format: format, to: folder + "/" + format.name)
        }
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Interop/check_exports.py").path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Self.python))
        process.arguments = [script, folder, reader.path]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
    }
}
