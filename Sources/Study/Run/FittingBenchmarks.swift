import Evaluate
import Records

extension [any BiasBenchmark] {
    /// The benchmarks that are scored, and parts of a file that the profile does not take where it takes another part; a benchmark
    /// that it takes no part of is left in, for its scorer to refuse.
    func scored(under profile: ScoringProfile) -> (read: [any BiasBenchmark], others: [any BiasBenchmark]) {
        let others = filter { benchmark in
            !benchmark.fittingProfiles.contains(profile)
                && contains { $0.path == benchmark.path && $0.fittingProfiles.contains(profile) }
        }
        let names = Set(others.map { $0.name })
        return (filter { !names.contains($0.name) }, others)
    }
}
