import FileSupport
import Foundation
import RunStore

/// Reading a run in a process of its own first.
///
/// The HDF5 library trusts what a file says of its own structures, and damaged bytes can end the process inside it,
/// whatever is checked around it. So a child reads all of the run before this process opens it: when the child dies,
/// that is one line here. It is no wall against code written to break out: the child may do what the user may.
package enum RunTrial {
    /// The command that the child runs.
    package static let command = "try-reading"

    /// Reads all of a run, for what it does to this process; what is wrong with it is said by whoever uses it.
    package static func read(_ path: String) {
        // A damaged list can lead to its own beginning. No disk is slower than this, and the signal ends the process.
        let size = (try? FileManager.default.attributesOfItem(atPath: file(path))[.size] as? Int) ?? 0
        alarm(UInt32(clamping: 300 + size >> 20))
        guard let reader = try? RunReader(path) else { return }
        _ = try? reader.verify()
        _ = try? RunStore.read(reader)
        _ = try? reader.trajectory()
        _ = try? reader.resultsTables()
    }

    /// Has a child read a run, if there is one.
    ///
    /// It costs what reading the file and hashing it once costs.
    ///
    /// - Throws: ``InputError`` when the child did not survive that.
    package static func require(_ path: String) throws {
        guard FileManager.default.fileExists(atPath: file(path)), let program = Bundle.main.executableURL else {
            return
        }
        let child = Process()
        child.executableURL = program
        child.arguments = [command, path]
        child.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
        child.standardInput = FileHandle.nullDevice
        child.standardOutput = FileHandle.nullDevice
        child.standardError = FileHandle.nullDevice
        do { try child.run() } catch {
            throw UnfinishedError(
                "could not start a process that tries to read \(path): \(error.localizedDescription)",
                kept: "nothing was written", resume: "end other programs, then run the same command again")
        }
        child.waitUntilExit()
        guard child.terminationReason == .uncaughtSignal else { return }
        throw InputError(
            "damaged: the HDF5 library does not survive reading it (signal \(child.terminationStatus))", at: file(path),
            remedy: "the file is damaged or incomplete: use a copy, or make the run again")
    }

    private static func file(_ path: String) -> String { path.hasSuffix(".h5") ? path : path + "/run.h5" }
}
