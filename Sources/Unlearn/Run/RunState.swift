import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import Records

/// The part of a run's state that is not float buffers.
struct RunProgress: Codable, Equatable {
    var step = 0
    var baseline: GuardReading?
    var trajectory: [TrajectoryStep] = []
    var log: [StepRecord] = []

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "NaN")
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

extension RunProgress {
    /// Reads what ``json()`` gives; readings may be infinite or no number.
    init(json: String) throws {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "NaN")
        self = try decoder.decode(RunProgress.self, from: Data(json.utf8))
    }

    /// Whether it has what each step up to its own has left.
    var isWhole: Bool {
        func isCounted(_ steps: [Int], from first: Int) -> Bool {
            zip(steps, first...).allSatisfy { $0 == $1 } && step >= 0 && steps.count == step + 1 - first
        }
        return step < .max && isCounted(trajectory.map(\.step), from: 0) && isCounted(log.map(\.step), from: 1)
    }
}

/// The saved states of one run, in a folder of their own.
///
/// `checked.state` is the last one that passed a check, the good state to go back to; `interrupted.state` is a later
/// one, saved when the caller stopped between two checks. Both hold θ, the optimizer's moments and the progress.
struct StateFolder {
    let folder: String
    /// Name → digest of everything that decides the run; a state of other inputs is refused.
    let fingerprint: [(name: String, digest: String)]
    /// Low-rank factors that are kept beside the parameters.
    let factors: FloatBuffer?

    private static let checked = "/checked.state"
    private static let interrupted = "/interrupted.state"
    private var checkedPath: String { folder + Self.checked }
    private var interruptedPath: String { folder + Self.interrupted }

    /// Whether a folder holds a state.
    static func hasState(_ folder: String) -> Bool {
        // The interrupted state alone would do to go on, but not to go back; it never stands alone.
        FileManager.default.fileExists(atPath: folder + checked)
    }

    private static func latest(_ folder: String) -> String {
        folder + (FileManager.default.fileExists(atPath: folder + interrupted) ? interrupted : checked)
    }

    /// The step of the latest state in a folder, or nil when there is none.
    static func savedStep(_ folder: String) throws -> Int? {
        guard hasState(folder), let text = try StateFile.Reader(latest(folder)).metadata["progress"] else { return nil }
        guard let progress = try? RunProgress(json: text), progress.isWhole else { throw unknown(latest(folder)) }
        return progress.step
    }

    private static func unknown(_ path: String) -> InputError {
        InputError("not a saved state of this version", at: path, remedy: "remove it and start without --resume")
    }

    init(_ folder: String, fingerprint: [(name: String, digest: String)], factors: FloatBuffer?) throws {
        self.folder = folder
        self.fingerprint = fingerprint
        self.factors = factors
        try AtomicFile.makeFolder(folder)
        AtomicFile.removeLeftovers(in: folder)
    }

    /// Removes what an earlier run left.
    func clear() {
        unlink(checkedPath)
        unlink(interruptedPath)
    }

    /// Saves a state that passed its check; an interrupted one before it is then of no more use.
    func saveChecked(_ model: TransformerModel, _ optimizer: Optimizer, _ progress: RunProgress) throws {
        try save(model, optimizer, progress, to: checkedPath)
        unlink(interruptedPath)
    }

    /// Saves a state between two checks.
    func saveInterrupted(_ model: TransformerModel, _ optimizer: Optimizer, _ progress: RunProgress) throws {
        try save(model, optimizer, progress, to: interruptedPath)
    }

    /// Loads the latest state, whichever it is.
    ///
    /// - Throws: `InputError` when there is none, or it belongs to other inputs.
    func loadLatest(_ model: TransformerModel, _ optimizer: Optimizer) throws -> RunProgress {
        try load(Self.latest(folder), model, optimizer)
    }

    /// Puts the parameters of the last good state back into the model.
    ///
    /// - Returns: its step.
    func restoreChecked(_ model: TransformerModel) throws -> Int { try load(checkedPath, model, nil).step }

    private func save(_ model: TransformerModel, _ optimizer: Optimizer, _ progress: RunProgress, to path: String)
        throws
    {
        var metadata = [
            ("format", "driftscope-state"), ("version", "1"), ("progress", try progress.json()),
            ("optimizer-steps", String(optimizer.stepCount)),
        ]
        metadata += fingerprint.map { ("input " + $0.name, $0.digest) }
        // Moments are zero before the first step.
        let moments = optimizer.stepCount == 0 ? [] : optimizer.moments
        let sections = moments.enumerated().map { (name: "moment\($0 + 1)", buffer: $1) }
        let kept = factors.map { [(name: "factors", buffer: $0)] } ?? []
        try StateFile.write([("parameters", model.values)] + kept + sections, metadata: metadata, to: path)
    }

    private func load(_ path: String, _ model: TransformerModel, _ optimizer: Optimizer?) throws -> RunProgress {
        let reader = try StateFile.Reader(path)
        guard reader.metadata["format"] == "driftscope-state", reader.metadata["version"] == "1",
            let text = reader.metadata["progress"], let steps = reader.metadata["optimizer-steps"].flatMap(Int.init),
            let progress = try? RunProgress(json: text), progress.isWhole, 0...progress.step ~= steps
        else {
            throw Self.unknown(path)
        }
        for (name, digest) in fingerprint where reader.metadata["input " + name] != digest {
            throw InputError(
                "the saved state was made with another \(name)", at: path,
                remedy: "resume with the same inputs, or start anew without --resume")
        }
        try reader.read("parameters", into: model.values)
        if let factors { try reader.read("factors", into: factors) }
        if let optimizer {
            optimizer.resume(at: steps)
            for (index, moment) in optimizer.moments.enumerated() {
                if steps == 0 {
                    moment.buffer.update(repeating: 0)
                } else {
                    try reader.read("moment\(index + 1)", into: moment)
                }
            }
        }
        return progress
    }
}
