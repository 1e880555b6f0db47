/// The parts of a study file that a program may add to: the objectives that forget, and the benchmarks that score.
///
/// The table of fields takes their names from here, so that a new one is read, written, documented and offered by the
/// JSON Schema without a change to the table.
public struct StudyRegistry: Sendable {
    /// A way to forget, named by `objective.method`.
    public struct Objective: Sendable {
        /// Its name in the study file.
        public var name: String
        /// One line for the reference.
        public var summary: String
        /// Numbers that stand beside `method` and `weight`.
        public var options: [Option]

        /// Describes an objective.
        public init(name: String, summary: String, options: [Option] = []) {
            self.name = name
            self.summary = summary
            self.options = options
        }
    }

    /// A number that an objective takes.
    public struct Option: Sendable {
        /// Its key under `objective`.
        public var name: String
        /// One line for the reference.
        public var summary: String
        /// The value where the study gives none.
        public var standard: Double
        /// The values that are allowed.
        public var bounds: ClosedRange<Double>

        /// Describes an option.
        public init(name: String, summary: String, standard: Double, bounds: ClosedRange<Double>) {
            self.name = name
            self.summary = summary
            self.standard = standard
            self.bounds = bounds
        }
    }

    /// A benchmark, whose files are named by a key of its own under `evaluate`.
    public struct Benchmark: Sendable {
        /// The key.
        public var key: String
        /// One line for the reference.
        public var summary: String

        /// Describes a benchmark.
        public init(key: String, summary: String) {
            self.key = key
            self.summary = summary
        }
    }

    /// The objectives; the first is the default.
    public var objectives: [Objective]
    /// The benchmarks.
    public var benchmarks: [Benchmark]

    /// Lists objectives, of which there must be one, and benchmarks.
    public init(objectives: [Objective], benchmarks: [Benchmark]) {
        precondition(!objectives.isEmpty && !benchmarks.isEmpty)
        self.objectives = objectives
        self.benchmarks = benchmarks
    }

    /// What comes with driftscope.
    public static let standard = StudyRegistry(
        objectives: [
            Objective(name: "token-ascent", summary: "raises the loss of the harmful tokens alone")
        ],
        benchmarks: [
            Benchmark(key: "crows-pairs", summary: "pair files in CrowS-Pairs columns (CSV)")
        ])
}
