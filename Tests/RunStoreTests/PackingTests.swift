import FileSupport
import Foundation
import RunStore
import TestSupport
import Testing

@Suite("A run that is elsewhere, in use, or in parts")
struct PackingTests {
    private let run: SampleRun

    init() throws { run = try SampleRun(rows: 40, dimensions: 6) }

    private func refusal(_ path: String) throws -> InputError {
        try #require(throws: InputError.self) { try RunReader(path) }
    }

    @Test("a file whose parts are elsewhere names the first of them; one part that is gone is named")
    func missingParts() throws {
        defer { try? FileManager.default.removeItem(atPath: run.folder) }
        _ = try run.write()
        let copy = try temporaryFolder("copy")
        defer { try? FileManager.default.removeItem(atPath: copy) }
        try FileManager.default.copyItem(atPath: run.folder + "/run.h5", toPath: copy + "/run.h5")
        let error = try refusal(copy)
        #expect(error.what.contains("lie in other files, of which these are not there: parts/"), "\(error)")
        #expect(error.what.contains(" more") && error.place == copy + "/run.h5")
        #expect(error.remedy.contains("put the folder parts back") && error.remedy.contains("driftscope pack"))
        try FileManager.default.copyItem(atPath: run.folder + "/parts", toPath: copy + "/parts")
        try run.check(try RunReader(copy))
        try FileManager.default.removeItem(atPath: copy + "/parts/tokens.h5")
        #expect(try refusal(copy).what.hasSuffix("not there: parts/tokens.h5"))
    }

    @Test("a file that another program holds is not called damaged, packed or in parts")
    func locked() throws {
        defer { try? FileManager.default.removeItem(atPath: run.folder) }
        let writer = try run.write()
        func hold(_ path: String) throws {
            let descriptor = open(path, O_RDWR)
            defer { close(descriptor) }
            try #require(descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) == 0)
            let error = try refusal(run.folder)
            #expect(error.what == "the file is open in another program" && error.place == path, "\(error)")
        }
        try hold(run.folder + "/parts/tokens.h5")
        try hold(run.folder + "/run.h5")
        try writer.finish()
        try hold(run.folder + "/run.h5")
        try run.check(try RunReader(run.folder))
    }

    @Test("packed beside or in place, the file holds every record and verifies")
    func packed() throws {
        defer { try? FileManager.default.removeItem(atPath: run.folder) }
        _ = try run.write()
        let copy = run.folder + "/one.h5"
        #expect(try RunStore.pack(run.folder, to: copy) == copy)
        #expect(try !RunReader(run.folder).isPacked && RunReader(copy).isPacked)
        try run.check(try RunReader(copy))
        #expect(try RunStore.pack(run.folder + "/run.h5") == run.folder + "/run.h5")
        try run.check(try RunReader(run.folder))
        #expect(try FileManager.default.contentsOfDirectory(atPath: run.folder).sorted() == ["one.h5", "run.h5"])
        let again = try #require(throws: InputError.self) { try RunStore.pack(run.folder) }
        #expect(again.what == "the run is one file already")
    }

    @Test("all of a run can be copied to nowhere, in parts and packed, and nothing is written")
    func copiedToNowhere() throws {
        defer { try? FileManager.default.removeItem(atPath: run.folder) }
        let writer = try run.write()
        for isPacked in [false, true] {
            if isPacked { try writer.finish() }
            let before = try FileManager.default.subpathsOfDirectory(atPath: run.folder).sorted()
            let reader = try RunReader(run.folder)
            #expect(reader.isPacked == isPacked)
            try reader.tryCopying()
            #expect(try FileManager.default.subpathsOfDirectory(atPath: run.folder).sorted() == before)
            #expect(!FileManager.default.fileExists(atPath: "trial"))
            guard !isPacked else { break }
            // A part that is no file of HDF5 any more cannot be copied.
            let damaged = try temporaryFolder("damaged")
            defer { try? FileManager.default.removeItem(atPath: damaged) }
            try FileManager.default.removeItem(atPath: damaged)
            try FileManager.default.copyItem(atPath: run.folder, toPath: damaged)
            let late = try RunReader(damaged)
            try Data("gone".utf8).write(to: URL(fileURLWithPath: damaged + "/parts/tokens.h5"))
            #expect(throws: (any Error).self) { try late.tryCopying() }
        }
    }

    @Test("going on from an earlier step leaves no link to a part that is gone")
    func rewound() throws {
        defer { try? FileManager.default.removeItem(atPath: run.folder) }
        _ = try run.write()
        _ = try RunWriter.resume(in: run.folder, fromStep: 10)
        #expect(try RunReader(run.folder).steps().map(\.step) == Array(0...10))
    }
}
