import FileSupport
import Foundation
import Records
import TestSupport
import Testing
import Unlearn

@Suite("Audit log")
struct AuditLogTests {
    func log(_ events: Int, at path: String) throws {
        let log = try AuditLog(path: path, clock: { Date(timeIntervalSince1970: 1_000_000_000) })
        for index in 0..<events { try log.append("event", ["index": .integer(index)]) }
    }

    func path() throws -> String { try temporaryFolder("audit") + "/audit.jsonl" }

    @Test("Each line holds the hash of the line before")
    func chain() throws {
        let path = try path()
        try log(3, at: path)
        let lines = try Input.text(path).split(separator: "\n").map(String.init)
        #expect(lines.count == 3)
        let first = try JSON.parse(Array(lines[0].utf8), place: "")
        #expect(first["previous"] == .string(AuditLog.start))
        #expect(first["time"] == "2001-09-09T01:46:40.000Z")
        let third = try JSON.parse(Array(lines[2].utf8), place: "")
        #expect(third["previous"] == .string(SHA256Hex.of(lines[1])))
        let found = try AuditLog.verify(path)
        #expect(found.holds && found.lines == 3)
        #expect(found.head == SHA256Hex.of(lines[2]))
    }

    @Test("A reopened log goes on with the same chain")
    func reopen() throws {
        let path = try path()
        try log(2, at: path)
        let again = try AuditLog(path: path)
        #expect(again.opening.lines == 2 && again.opening.tornBytes == 0)
        try again.append("more", ["text": "line\nbreak"])
        let found = try AuditLog.verify(path)
        #expect(found.holds && found.lines == 3 && found.head == again.anchor.head)
    }

    @Test("A changed, dropped or swapped line breaks the chain there", arguments: [0, 1, 2])
    func tampering(kind: Int) throws {
        let path = try path()
        try log(4, at: path)
        var lines = try Input.text(path).split(separator: "\n").map(String.init)
        switch kind {
        case 0: lines[1] = lines[1].replacingOccurrences(of: "\"index\":1", with: "\"index\":7")
        case 1: lines.remove(at: 1)
        default: lines.swapAt(1, 2)
        }
        try AtomicFile.write(lines.joined(separator: "\n") + "\n", to: path)
        let found = try AuditLog.verify(path)
        #expect(!found.holds)
        #expect(found.brokenLine == (kind == 0 ? 3 : 2))
        #expect(throws: InputError.self) { try AuditLog(path: path) }
    }

    @Test("Against an end that was kept, a changed last line and lines cut off show, and later lines do not matter")
    func anchored() throws {
        let path = try path()
        try log(3, at: path)
        let whole = try Input.text(path)
        let anchor = try AuditLog(path: path).anchor
        #expect(anchor == AuditAnchor(lines: 3, head: try AuditLog.verify(path).head))
        #expect(try AuditLog.verify(path, against: anchor).anchored?["n"] == .integer(3))
        try AuditLog(path: path).append("later")
        #expect(try AuditLog.verify(path, against: anchor).anchored?["fields"]?["index"] == .integer(2))
        for altered in [
            whole.replacingOccurrences(of: "\"index\":2", with: "\"index\":9"),
            whole.split(separator: "\n").prefix(2).joined(separator: "\n") + "\n",
        ] {
            try AtomicFile.write(altered, to: path)
            let found = try AuditLog.verify(path, against: anchor)
            #expect(found.holds && found.anchored == nil)
        }
    }

    @Test("Cut at every byte, a log loses at most its torn line, which is kept aside")
    func torn() throws {
        let path = try path()
        try log(2, at: path)
        let whole = try Input.bytes(path)
        let firstLine = try #require(whole.firstIndex(of: 10)) + 1
        for length in 0...whole.count {
            try AtomicFile.write(whole.prefix(length), to: path)
            let lines = length == whole.count ? 2 : length >= firstLine ? 1 : 0
            let torn = length - (lines == 2 ? whole.count : lines == 1 ? firstLine : 0)
            let log = try AuditLog(path: path)
            #expect(log.opening.lines == lines && log.opening.tornBytes == torn)
            if torn > 0 { #expect(try Input.bytes(path + ".torn") == Array(whole.prefix(length).suffix(torn))) }
            try log.append("after")
            let found = try AuditLog.verify(path)
            #expect(found.holds && found.lines == lines + 1)
        }
    }
}
