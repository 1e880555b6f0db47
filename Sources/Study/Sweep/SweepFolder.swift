import FileSupport
import Foundation
import RunStore
import StudyFiles

/// The folder of a sweep: a run folder for every point, and what they share.
package struct SweepFolder {
    let path: String

    package init(_ path: String) { self.path = path }

    /// The study with the sweep; the mark by which the folder is known.
    var study: String { path + "/sweep.yaml" }
    /// What the points share of the model before, while there are points to make.
    var baselines: String { path + "/baseline" }

    /// The name of a point's run folder: its settings, one name for every choice of them.
    static func name(of point: StudySweep.Point) -> String {
        guard !point.settings.isEmpty else { return "run" }
        let name = point.settings.map { RunPaths.safe($0.key) + "=" + RunPaths.safe($0.value) }.joined(separator: "+")
        // Longer names than this are refused by file systems.
        return name.utf8.count <= 200 ? name : name.prefix(180) + "-" + SHA256Hex.of(name).prefix(12)
    }

    func run(of point: StudySweep.Point) -> RunFolder { RunFolder(path + "/" + Self.name(of: point)) }

    /// The run folders of a sweep that are there already.
    package func begun(_ sweep: StudySweep) -> [String] {
        sweep.points.map { run(of: $0).path }.filter(RunFolder.holdsNumbers)
    }

    /// Refuses a folder that holds something else, and one without a sweep to go on with.
    func requireUsable(resume: Bool) throws {
        let holdsSweep = FileManager.default.fileExists(atPath: study)
        guard !resume else {
            guard holdsSweep else {
                throw InputError("no sweep to go on with", at: path, remedy: "leave --resume out, or check --out")
            }
            return
        }
        try Self.requireEmpty(path, holding: holdsSweep ? "another sweep" : nil)
    }

    /// Refuses a file, and a folder with something in it.
    ///
    /// - Parameter content: what is there that `--resume` would go on with, in words.
    static func requireEmpty(_ path: String, holding content: String?) throws {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue {
            throw InputError("a file where a folder should be", at: path, remedy: "give another --out")
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        guard names.allSatisfy(AtomicFile.isTemporary) else {
            throw InputError(
                content.map { "this folder holds \($0)" } ?? "this folder is not empty", at: path,
                remedy: "give a new folder with --out" + (content == nil ? "" : ", or add --resume to go on with it"))
        }
    }
}
