import FileSupport
import Foundation
import RunStore
import Unlearn

/// Whether a run is what driftscope wrote, by the hashes in it and by its audit log.
///
/// It finds what was changed by accident or by one hand: numbers in run.h5, lines of the log, either of them exchanged.
/// Who can write the whole folder can make all hashes anew; then only the hash in a report that was given away tells.
package enum RunIntegrity {
    private static let remedy = "use a copy or make the run again, or add --no-verify to use it as it is"

    /// Recomputes the hash of every dataset.
    ///
    /// - Throws: ``InputError`` that names those that do not hold.
    package static func requireHashes(_ reader: RunReader) throws {
        let broken = try reader.verify()
        guard broken.isEmpty else {
            throw InputError(
                "\(broken.count) datasets are not what was written: \(broken.joined(separator: ", "))",
                at: reader.path, remedy: remedy)
        }
    }

    /// Checks the chain of the audit log, and that log and run.h5 speak of each other.
    ///
    /// - Returns: what was found, for people.
    /// - Throws: ``InputError`` that says what does not agree.
    @discardableResult
    package static func requireLog(_ path: String) throws -> [String] {
        guard let reader = try? RunReader(path) else { return [] }  // said by whoever reads it
        let log = RunFolder(AtomicFile.folder(of: reader.path)).audit
        let anchor = reader.header.audit
        guard FileManager.default.fileExists(atPath: log) else {
            guard let anchor else { return [] }
            // A file that was handed on alone has left its log behind.
            guard path == reader.path else {
                throw InputError("the audit log of this run is not there", at: log, remedy: Self.remedy)
            }
            return ["not beside run.h5, which names its line \(anchor.lines), SHA-256 \(anchor.head)"]
        }
        let found = try AuditLog.verify(log, against: anchor)
        if let line = found.brokenLine {
            throw InputError("the chain of the audit log breaks at line \(line)", at: log, remedy: Self.remedy)
        }
        let lines = "\(found.lines) lines, the chain holds"
        guard let anchor else { return [lines + "; run.h5 names none of them, so that a changed end would not show"] }
        guard let anchored = found.anchored else {
            throw InputError(
                "the audit log is not that of this run.h5, which names its line \(anchor.lines) with the SHA-256 "
                    + "\(anchor.head)", at: log, remedy: Self.remedy)
        }
        if anchored["event"] == .string(RunAnalysis.event) {
            let (numbers, analysis) = (try reader.digest(), try reader.resultsJSON().map { SHA256Hex.of($0) })
            for (name, value) in [("numbers", numbers), ("analysis", analysis)] {
                guard anchored["fields"]?[name] == value.map(JSON.string) ?? .null else {
                    throw InputError(
                        "the \(name) in run.h5 are not those of line \(anchor.lines) of the audit log",
                        at: reader.path, remedy: Self.remedy)
                }
            }
        }
        return [lines + ", run.h5 names line \(anchor.lines)"]
    }
}
