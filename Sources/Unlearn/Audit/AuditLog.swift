import FileSupport
import Foundation
import Records

/// An append-only log of decisions: JSON lines, each holding the hash of the line before it.
///
/// A line is `{"n":…,"time":…,"event":…,"fields":{…},"previous":…}` with `previous` the SHA-256 of the line before
/// (its bytes without the line end), 64 zeros in the first. A line is changed, dropped or slipped in only by
/// rewriting every line after it; lines changed or cut off at the end show against a kept ``anchor``.
///
/// A line is written by one `write` and flushed to the disk, so a killed process leaves at most one torn line at the
/// end. Not safe for two writers at once.
public final class AuditLog {
    /// What opening a log found.
    public struct Opening: Equatable, Sendable {
        /// Whole lines that were there.
        public var lines: Int
        /// Bytes of a torn last line, moved to the file's name + `.torn`; 0 when there was none.
        public var tornBytes: Int
    }

    /// What a check of the chain found.
    public struct Verification: Equatable, Sendable {
        /// Whole lines.
        public var lines: Int
        /// The first line, from 1, that is no event of this log or does not follow from the line before; nil when the
        /// chain holds.
        public var brokenLine: Int?
        /// Bytes after the last line end.
        public var tornBytes: Int
        /// The hash of the last whole line; 64 zeros when there is none.
        public var head: String

        /// The line at which the log ended when the anchor was kept; nil when it is not there, or is another one.
        public var anchored: JSON?

        /// The end of the log.
        public var anchor: AuditAnchor { AuditAnchor(lines: lines, head: head) }

        /// Whether every line follows from the one before and none is torn.
        public var holds: Bool { brokenLine == nil && tornBytes == 0 }
    }

    /// The `previous` of a first line.
    public static let start = String(repeating: "0", count: 64)

    /// The file.
    public let path: String
    /// What was there when the log was opened.
    public let opening: Opening
    /// The end of the log; keep it elsewhere to notice lines changed or cut off at the end.
    public private(set) var anchor: AuditAnchor
    private let descriptor: Int32
    private let clock: () -> Date

    /// Opens a log, or starts one.
    ///
    /// - Parameter clock: the time of each line, in UTC.
    /// - Throws: `InputError` when a line that is there breaks the chain, `UnfinishedError` when the disk refuses.
    public init(path: String, clock: @escaping () -> Date = { Date() }) throws {
        self.path = path
        self.clock = clock
        let isNew = !FileManager.default.fileExists(atPath: path)
        let bytes = isNew ? [] : try Input.bytes(path, mayBeEmpty: true)
        let found = Self.verify(bytes)
        if let line = found.brokenLine {
            throw InputError(
                "the audit log's chain of hashes breaks", at: "\(path) line \(line)",
                remedy: "the log was edited; move it away to start a new one")
        }
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.diskError(path) }
        if found.tornBytes > 0 {
            // The torn bytes are kept aside before the file is cut, so that nothing is lost.
            try AtomicFile.write(bytes.suffix(found.tornBytes), to: path + ".torn")
            guard ftruncate(descriptor, off_t(bytes.count - found.tornBytes)) == 0, fsync(descriptor) == 0 else {
                throw Self.diskError(path)
            }
        }
        if isNew { try AtomicFile.sync(AtomicFile.folder(of: path)) }
        opening = Opening(lines: found.lines, tornBytes: found.tornBytes)
        anchor = found.anchor
    }

    deinit { close(descriptor) }

    /// Appends an event and flushes it to the disk.
    ///
    /// - Throws: `UnfinishedError` when the disk refuses; what was written of the line is cut off again.
    public func append(_ event: String, _ fields: JSON = .object([])) throws {
        let line: JSON = [
            "n": .integer(anchor.lines + 1), "time": .string(Self.timestamp(clock())), "event": .string(event),
            "fields": fields, "previous": .string(anchor.head),
        ]
        let text = Array(line.compact.utf8)
        let before = lseek(descriptor, 0, SEEK_END)
        let bytes = text + [UInt8(ascii: "\n")]
        let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == bytes.count, fsync(descriptor) == 0 else {
            let error = Self.diskError(path)
            if before >= 0 { _ = ftruncate(descriptor, before) }
            throw error
        }
        anchor = AuditAnchor(lines: anchor.lines + 1, head: SHA256Hex.of(text))
    }

    /// Checks the chain of a log file.
    ///
    /// - Parameter anchor: an end of the log that was kept elsewhere.
    /// - Throws: `InputError` when the file cannot be read.
    public static func verify(_ path: String, against anchor: AuditAnchor? = nil) throws -> Verification {
        verify(try Input.bytes(path, mayBeEmpty: true), against: anchor)
    }

    private static func verify(_ bytes: [UInt8], against anchor: AuditAnchor? = nil) -> Verification {
        var result = Verification(lines: 0, brokenLine: nil, tornBytes: 0, head: start)
        var begin = 0
        while let end = bytes[begin...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = Array(bytes[begin..<end])
            begin = end + 1
            result.lines += 1
            let value = try? JSON.parse(line, place: "")
            let follows =
                value?["n"] == .integer(result.lines) && value?["previous"] == .string(result.head)
                && value?["event"] != nil
            if !follows, result.brokenLine == nil { result.brokenLine = result.lines }
            result.head = SHA256Hex.of(line)
            if result.anchor == anchor { result.anchored = value }
        }
        result.tornBytes = bytes.count - begin
        return result
    }

    /// `2026-11-25T18:45:00.123Z`
    private static func timestamp(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    private static func diskError(_ path: String) -> UnfinishedError {
        UnfinishedError(
            "could not write \(path): \(String(cString: strerror(errno)))", kept: "all earlier lines are on the disk",
            resume: "free space, then run the same command with --resume")
    }
}
