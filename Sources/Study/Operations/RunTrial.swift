import FileSupport
import Foundation
import RunStore

/// Reading a run in a process of its own first.
///
/// The HDF5 library trusts what a file says of its own structures, and damaged bytes can end the process inside it,
/// whatever is checked around it. So a child reads all of the run before this process opens it: when the child dies,
/// that is one line here. It is no wall against code written to break out: the child may do what the user may.
///
/// The child reads everything, so it is also the one to recompute the hashes.
package enum RunTrial {
    /// The command that the child runs.
    package static let command = "try-reading"

    /// Reads all of a run, for what it does to this process; what else is wrong with it is said by whoever uses it.
    ///
    /// - Parameters:
    ///   - verifying: whether hashes are recomputed.
    ///   - copying: whether it is copied too, in memory and a group at a time: damage that reading passes by can end HDF5 there.
    /// - Returns: the three parts of an ``InputError`` when `verifying` and a hash does not hold, and when it took more memory
    ///   than a file of this size can need; null otherwise.
    package static func read(_ path: String, verifying: Bool, copying: Bool) -> JSON {
        // A damaged list can lead to its own beginning. No disk is slower than this, and the signal ends the process.
        let size = (try? FileManager.default.attributesOfItem(atPath: file(path))[.size] as? Int) ?? 0
        alarm(UInt32(clamping: 300 + size >> 20))
        guard let reader = try? RunReader(path) else { return .null }
        _ = try? RunStore.read(reader)
        _ = try? reader.trajectory()
        _ = try? reader.resultsTables()
        if copying { _ = try? reader.tryCopying() }
        guard !takesTooMuch(size) else {
            return .array([
                .string("damaged: reading it takes \(ProcessMemory.peak >> 20) MB of memory, and it has \(size) bytes"),
                .string(file(path)), .string("the file is damaged or incomplete: use a copy, or make the run again"),
            ])
        }
        do { if verifying { try RunIntegrity.requireHashes(reader) } } catch let error as InputError {
            return .array([.string(error.what), .string(error.place), .string(error.remedy)])
        } catch { return .array([.string("\(error)"), .string(path), .string("use a copy, or make the run again")]) }
        return .null
    }

    /// Whether this process has had more in memory than reading a file of some size can need.
    ///
    /// HDF5 takes what a damaged file says of its sizes; a child that gives the memory back is no harm, its parent would be.
    package static func takesTooMuch(_ size: Int) -> Bool { ProcessMemory.peak > (1 << 30) + 4 * size }

    /// Has a child read a run, if there is one.
    ///
    /// It costs what reading the file costs, hashing it once when `verifying`, and copying it when `copying`.
    ///
    /// - Throws: ``InputError`` when the child did not survive that or took more memory than the file can need, and when
    ///   `verifying` and a hash does not hold.
    package static func require(_ path: String, verifying: Bool, copying: Bool) throws {
        guard FileManager.default.fileExists(atPath: file(path)), let program = Bundle.main.executableURL else {
            return
        }
        let child = Process()
        child.executableURL = program
        child.arguments =
            [command, path] + (verifying ? [] : ["--no-verify"]) + (copying ? ["--copying"] : [])
        child.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
        let output = Pipe()
        child.standardInput = FileHandle.nullDevice
        child.standardOutput = output
        child.standardError = FileHandle.nullDevice
        do { try child.run() } catch {
            throw UnfinishedError(
                "could not start a process that tries to read \(path): \(error.localizedDescription)",
                kept: "nothing was written", resume: "end other programs, then run the same command again")
        }
        let said = Array(output.fileHandleForReading.readDataToEndOfFile())
        child.waitUntilExit()
        guard child.terminationReason != .uncaughtSignal else {
            throw InputError(
                "damaged: the HDF5 library does not survive reading it (signal \(child.terminationStatus))",
                at: file(path), remedy: "the file is damaged or incomplete: use a copy, or make the run again")
        }
        let found = try? JSON.parse(said, place: command)
        if case .array(let parts)? = found, parts.count == 3,
            case (.string(let what), .string(let place), .string(let remedy)) = (parts[0], parts[1], parts[2])
        {
            throw InputError(what, at: place, remedy: remedy)
        }
        guard found == .null else {
            throw UnfinishedError(
                "the process that tries to read \(path) ended with code \(child.terminationStatus) and without a word",
                kept: "nothing was written", resume: "run the same command again")
        }
    }

    private static func file(_ path: String) -> String { path.hasSuffix(".h5") ? path : path + "/run.h5" }
}
