import FileSupport
import Foundation
import RunStore

/// `driftscope pack`: one file of a run whose numbers lie in parts.
package enum RunPacking {
    /// - Parameters:
    ///   - out: a new file; nil replaces run.h5 and removes the parts.
    ///   - replacing: whether a file that is there already is replaced.
    /// - Returns: one line that says what was written.
    /// - Throws: ``InputError`` for a run that is one file already, and for one that a study is not done with.
    package static func pack(_ path: String, to out: String?, replacing: Bool) throws -> String {
        if let out { try Output.requireFree(out, replacing: replacing) }
        let reader = try RunReader(path)
        func standard(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
        guard out.map(standard) != standard(reader.path) else {
            throw InputError(
                "--out is the run itself", at: reader.path, remedy: "leave --out out, or name another file")
        }
        guard try out != nil || reader.isPacked || reader.metadata()?.study == nil else {
            throw InputError(
                "the run of a study that has not ended, which could not go on as one file", at: reader.path,
                remedy: "end it with --resume, or write a copy with --out")
        }
        let folder = AtomicFile.folder(of: reader.path)
        let lock = try out == nil ? RunLock(RunFolder(folder)) : nil
        defer { withExtendedLifetime(lock) {} }
        return "wrote \(try RunStore.pack(path, to: out)), all numbers in one file, every hash checked"
    }
}
