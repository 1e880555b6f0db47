import Foundation
import LinearAlgebra
import Testing

/// Moments of a run of ``EveryStage``, chosen by a seed: in each stage alike, however short it is, at any time of it, and
/// behind the appearance of a temporary file, which is about to take its name.
struct Disturbance {
    /// Whether the tests that take long are asked for.
    static let isSlow = ProcessInfo.processInfo.environment["DRIFTSCOPE_SLOW"] != nil

    let whole: EveryStage.Undisturbed
    private var random: RandomStream

    init(seed: Int) throws {
        whole = try EveryStage.undisturbed()
        random = RandomStream(seed: UInt64(seed), label: "disturbance")
    }

    mutating func below(_ count: Int) -> Int { Int(random.next() % UInt64(max(count, 1))) }

    /// Some stages, by number and in order, for one run that is disturbed in each.
    mutating func stages(atMost count: Int) -> [Int] {
        (0..<1 + below(count)).map { _ in below(whole.stages.count) }.sorted()
    }

    /// Waits for a moment of a stage.
    ///
    /// - Returns: whether the process still ran then.
    mutating func wait(for stage: Int, of program: Program, in run: String) -> Bool {
        while program.isRunning, EveryStage.stagesEnded(run) < stage { usleep(2000) }
        // What is read before the first stage takes time as well; a stage that is gone on with may have little left.
        let length = whole.stages[stage].seconds + 0.3
        let moment = Date(timeIntervalSinceNow: length * Double(below(1000)) / 1000)
        let seesFiles = below(3) == 0
        while program.isRunning, Date() < moment {
            if seesFiles, Self.writes(run) { break }
            usleep(200)
        }
        return program.isRunning
    }

    /// The stage that a run is in, by name.
    func stage(_ run: String) -> String {
        whole.stages[min(EveryStage.stagesEnded(run), whole.stages.count - 1)].name
    }

    /// Whether a file of a run is being written.
    private static func writes(_ run: String) -> Bool {
        for folder in [run, run + "/parts", run + "/parts/unlearn", run + "/parts/path-gradients"] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            if names.contains(where: { $0.hasSuffix(".partial") }) { return true }
        }
        return false
    }

    /// A line of figures by stage, in the order of the stages.
    func figures<Value>(_ values: [String: Value], _ text: (Value) -> String) -> String {
        whole.stages.compactMap { stage in values[stage.name].map { "\(stage.name) \(text($0))" } }
            .joined(separator: ", ")
    }
}
