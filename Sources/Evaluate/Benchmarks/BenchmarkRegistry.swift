import FileSupport
import Records

/// The benchmarks that a program knows, by the names that study files and options give them.
public struct BenchmarkRegistry: Sendable {
    /// Those that driftscope ships for studies of bias.
    public static let standard = BenchmarkRegistry([
        CrowSPairs.self, StereoSet.self, WinoBias.self, Winogender.self, HateCheck.self, RedditBias.self, BBQ.self,
        HolisticBias.self,
    ])
    /// These and measures of ability, which belong to no domain of bias and so to no study.
    public static let all = standard.adding(BLiMP.self)

    /// The benchmarks, in the order in which they are listed.
    public private(set) var kinds: [any BiasBenchmark.Type]

    /// Lists some benchmarks; the first of two that share a key is the one that is found.
    public init(_ kinds: [any BiasBenchmark.Type]) { self.kinds = kinds }

    /// The same with one more.
    public func adding(_ kind: any BiasBenchmark.Type) -> BenchmarkRegistry { BenchmarkRegistry(kinds + [kind]) }

    /// The benchmark of a key.
    ///
    /// - Throws: ``InputError`` that names the nearest key when there is none of this name.
    public func kind(_ key: String, at place: String) throws -> any BiasBenchmark.Type {
        guard let kind = kinds.first(where: { $0.key == key }) else {
            throw unknown("benchmark", key, among: kinds.map { $0.key }, at: place)
        }
        return kind
    }

    /// The benchmark whose format a file has; nil when no benchmark knows it.
    public func kind(of path: String) -> (any BiasBenchmark.Type)? { kinds.first { $0.recognizes(path) } }

    /// Reads the benchmarks that a study asks for; where two would have the same name, the later one's gets `-2` at its end.
    ///
    /// - Parameters:
    ///   - requests: keys with their files.
    ///   - labels: domain by the benchmarks' own labels.
    /// - Throws: ``InputError`` for a key that there is not, and for what is wrong in a file.
    public func read(
        _ requests: [(key: String, files: [String])], labels: [String: String] = [:], at place: String
    ) throws -> [any BiasBenchmark] {
        var names: Set<String> = []
        return try requests.flatMap { request -> [any BiasBenchmark] in
            try kind(request.key, at: place).read(request.files, labels: labels)
        }.map { read in
            var benchmark = read
            while !names.insert(benchmark.name).inserted { benchmark.name += "-2" }
            return benchmark
        }
    }

    /// The general profiles, then those of the benchmarks' own.
    public var profiles: [ScoringProfile] {
        let all = ScoringProfile.general + kinds.flatMap { $0.profiles }
        return all.indices.filter { !all[..<$0].contains(all[$0]) }.map { all[$0] }
    }

    /// The profile of a name.
    ///
    /// - Throws: ``InputError`` that names the nearest one when there is none of this name.
    public func profile(_ name: String, at place: String) throws -> ScoringProfile {
        guard let profile = profiles.first(where: { $0.name == name }) else {
            throw unknown("profile", name, among: profiles.map(\.name), at: place)
        }
        return profile
    }

    private func unknown(_ what: String, _ name: String, among known: [String], at place: String) -> InputError {
        let nearest = NearestName.of(name, among: known).map { "did you mean '\($0)'? " } ?? ""
        return InputError(
            "unknown \(what) '\(name)'", at: place, remedy: "\(nearest)known: \(known.joined(separator: ", "))")
    }
}
