import Evaluate
import Unlearn

/// The parts of a study that a program may add to: the objectives that forget, and the benchmarks that score.
///
/// The table of fields takes their names from here, so that a new one is read, written, documented and offered by the
/// JSON Schema without a change to the table; the run takes from here what they name.
public struct StudyRegistry: Sendable {
    /// The objectives that `objective.method` names; the first is the default.
    public var objectives: ObjectiveRegistry
    /// The benchmarks, each named by a key of its own under `evaluate`.
    public var benchmarks: BenchmarkRegistry

    /// Joins registries.
    public init(objectives: ObjectiveRegistry = .standard, benchmarks: BenchmarkRegistry = .standard) {
        self.objectives = objectives
        self.benchmarks = benchmarks
    }

    /// What comes with driftscope.
    public static let standard = StudyRegistry()
}
