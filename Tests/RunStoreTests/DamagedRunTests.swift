import CHDF5
import FileSupport
import Foundation
import Records
import RunStore
import TestSupport
import Testing

@Suite("A damaged run")
struct DamagedRunTests {
    /// Deletes an object of a file.
    private static func remove(_ path: String, from file: String) throws {
        try HDF5Library.locked {
            let handle = H5Fopen(file, 1, ds_h5_default())
            defer { _ = ds_h5_close_file(handle) }
            try #require(handle >= 0 && H5Ldelete(handle, path, ds_h5_default()) >= 0, "\(path)")
        }
    }

    /// The paths of all datasets below a group.
    private static func datasets(_ group: HDF5Group) throws -> [String] {
        try group.children().flatMap { name in
            group.isGroup(name)
                ? try datasets(try group.group(name)) : [(group.path == "/" ? "" : group.path) + "/" + name]
        }
    }

    /// What a run may lack: the output side of a snapshot, weight decay, kernels and objective, which the first runs of
    /// schema 1 did not keep; hashes and results are not what is analysed.
    private static func isOptional(_ path: String) -> Bool {
        path.hasPrefix("/results/") || path.hasSuffix("/output_embedding") || path.hasSuffix("/matrices/decay")
            || path.hasSuffix("/row_sha256") || ["/provenance/kernels", "/provenance/objective"].contains(path)
    }

    @Test("whatever column, text or matrix is missing, the error names it and the group it is missing from")
    func missing() throws {
        let run = try SampleRun(rows: 5, dimensions: 2)
        defer { try? FileManager.default.removeItem(atPath: run.folder) }
        try run.write().finish()
        let whole = run.folder + "/run.h5"
        let copy = run.folder + "/copy.h5"
        let paths = try Self.datasets(try HDF5File.open(whole)).filter { !Self.isOptional($0) }
        #expect(paths.count > 120)
        for path in paths {
            try? FileManager.default.removeItem(atPath: copy)
            try FileManager.default.copyItem(atPath: whole, toPath: copy)
            try Self.remove(path, from: copy)
            let name = (path as NSString).lastPathComponent
            let group = (path as NSString).deletingLastPathComponent
            #expect("\(path)") {
                _ = try RunStore.read(copy)
                _ = try RunReader(copy).trajectory()
            } throws: { error in
                let what = (error as? InputError)?.what ?? "another error: \(error)"
                return what.contains("`\(name)` is missing from \(group)")
            }
        }
    }

    @Test("a part that cannot be read is the input's fault when a run is packed or gone on with, not the disk's")
    func unreadablePart() throws {
        let run = try SampleRun(rows: 5, dimensions: 2)
        defer { try? FileManager.default.removeItem(atPath: run.folder) }
        _ = try run.write()
        let part = run.folder + "/parts/trajectory__000001.h5"
        try Self.remove("/content/row_token_id", from: part)
        // Texts where numbers are wanted.
        try HDF5Library.locked {
            let handle = H5Fopen(part, 1, ds_h5_default())
            defer { _ = ds_h5_close_file(handle) }
            let isLinked = H5Lcreate_hard(
                handle, "/content/row_sha256", handle, "/content/row_token_id", ds_h5_default(), ds_h5_default())
            try #require(isLinked >= 0)
        }
        for body in [
            { _ = try RunStore.pack(run.folder) }, { _ = try RunWriter.resume(in: run.folder, fromStep: 100) },
            { _ = try RunReader(run.folder).trajectory() },
        ] {
            let error = try #require(throws: InputError.self) { try body() }
            #expect(error.what.contains("row_token_id"), "\(error)")
        }
    }

    @Test("a run without the optional sides is read, and says so by nil")
    func optional() throws {
        let run = try SampleRun(rows: 5, dimensions: 2)
        defer { try? FileManager.default.removeItem(atPath: run.folder) }
        try run.write().finish()
        let path = run.folder + "/run.h5"
        try Self.remove("/replay/matrices/decay", from: path)
        try Self.remove("/snapshots/000150/output_embedding", from: path)
        try Self.remove("/provenance/kernels", from: path)
        try Self.remove("/provenance/objective", from: path)
        let records = try RunStore.read(path)
        #expect(records.decomposition?.split != nil && records.decomposition?.split?.decay == nil)
        #expect(records.after != nil && records.after?.output == nil)
        #expect(records.metadata.kernels == nil && records.metadata.objective == nil)
    }

    @Test("a column of another kind or length, an unknown word and a text that lost a key are named")
    func damaged() throws {
        let folder = try temporaryFolder("damaged")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func fault(_ table: Table) throws -> String {
            var message = "none"
            try HDF5File.write(folder + "/table.h5") { root in
                try root.writeTable("models", table)
                do {
                    _ = try root.readTable(
                        "models", blank: ScoredModel(benchmark: "", kind: .dose),
                        [Column("kind", \.kind), Column("alpha", \.alpha)])
                } catch let error as InputError { message = error.what }
            }
            return message
        }
        #expect(try fault(["kind": .string(["dose"]), "alpha": .double([1])]) == "none")
        #expect(try fault(["kind": .string(["dose"]), "alpha": .string(["1"])]).contains("`alpha` of /models"))
        #expect(try fault(["kind": .string(["dosis"]), "alpha": .double([1])]).contains("`kind` of /models"))
        #expect(try fault(["alpha": .double([1])]) == "column `kind` is missing from /models")

        try HDF5File.write(folder + "/json.h5") { root in
            try root.writeScalar("json", #"{"tables": [{"benchmark": "b"}], "batches": 1, "steps": 1}"#)
            #expect { try root.readJSON("json", ForecastRecord.self) } throws: {
                ($0 as? InputError)?.what == "`json` of / has no key `tables.0.entries`"
            }
        }
    }
}
