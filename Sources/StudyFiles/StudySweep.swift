import FileSupport
import Foundation
import Yams

/// Several runs of one study file, each with other settings.
package struct StudySweep: Sendable {
    /// One of the runs.
    package struct Point: Sendable, Equatable {
        /// What is set, in the order of the axes.
        package var settings: [(key: String, value: String)]
        /// The study with these settings; `analyze.scaling` holds the strengths.
        package var study: StudyFile

        package static func == (a: Point, b: Point) -> Bool {
            a.study == b.study && a.settings.elementsEqual(b.settings, by: ==)
        }
    }

    /// The study that the points change.
    package let study: StudyFile
    /// Every combination of the axes' values, the last axis fastest; one where ``strengths`` are all that is varied.
    package let points: [Point]
    /// The scalings α at which each run's update counts as a point of the sweep, ascending.
    package let strengths: [Double]

    /// The study with every default and its sweep, as YAML that ``read(_:overrides:varying:registry:)`` accepts.
    package func resolved(registry: StudyRegistry = .standard) throws -> String {
        var study = study
        // Options of one method are refused beside another: those at their defaults are left to each.
        if study.sweep.contains(where: { ["objective.method", StudyFile.SweepAxis.variant].contains($0.key) }),
            study.objective.options == (try registry.objectives.choice(study.objective.method, [:]).options.values)
        {
            study.objective.options = [:]
        }
        return try study.resolved(registry: registry)
    }

    /// The most runs of a sweep: a slip in one more axis would keep a machine busy for weeks.
    package static let mostRuns = 100

    /// Reads a study file with a sweep.
    ///
    /// Paths among the values begin where those of the study file do, those of `varying` in the current folder.
    ///
    /// - Parameters:
    ///   - path: a study file; `built-in` for that of the demo.
    ///   - overrides: as ``StudyFile/read(_:overrides:registry:)`` takes them.
    ///   - varying: texts `key.path=v1,v2`: further axes, or other values of those that the file has.
    /// - Throws: `InputError` with file, line and key for what is wrong in the study or in one of its points, for a sweep
    ///   without an axis and for more than ``mostRuns`` runs.
    package static func read(
        _ path: String, overrides: [String] = [], varying: [String] = [], registry: StudyRegistry = .standard
    ) throws -> StudySweep {
        let path = StudyFile.path(named: path)
        return try StudySweep(
            try Input.text(path), file: path, folder: StudyFile.folder(of: path), overrides: overrides,
            varying: varying,
            registry: registry)
    }

    /// Decodes the text of a study file with a sweep; `folder` is where its relative paths begin.
    package init(
        _ text: String, file: String, folder: String, overrides: [String] = [], varying: [String] = [],
        registry: StudyRegistry = .standard
    ) throws {
        var tree = try StudyTree(
            text, file: file, folder: folder, overrides: overrides, registry: registry, use: .sweep)
        for text in varying {
            let (key, values) = try StudyTree.parts(of: text, option: "--vary", example: "optimizer.steps=10,20") {
                "[\($0)]"
            }
            try tree.setMember(key, of: "sweep", to: values)
        }
        study = try tree.study()
        guard !study.sweep.isEmpty else {
            throw InputError(
                "the study varies nothing", at: file,
                remedy: "add a section such as sweep: {optimizer.steps: [10, 20]}, or --vary optimizer.steps=10,20")
        }
        guard !study.evaluate.perplexity.isEmpty else {
            throw InputError(
                "no text to measure quality on", at: "evaluate.perplexity",
                remedy: "name a text there: a sweep holds bias against perplexity")
        }
        let nodes = Dictionary(tree.members(of: "sweep")) { first, _ in first }
        let plain = tree.without("sweep")
        var trees: [(settings: [(key: String, value: String)], tree: StudyTree)] = [([], plain)]
        for axis in study.sweep where axis.key != StudyFile.SweepAxis.strength {
            guard trees.count * axis.values.count <= Self.mostRuns else {
                throw InputError(
                    "a sweep of more than \(Self.mostRuns) runs", at: "\(file) (sweep)",
                    remedy: "give fewer values: every combination is a run")
            }
            let choices = Self.choices(axis, nodes[axis.key])
            trees = try trees.flatMap { settings, tree in
                try zip(axis.values, choices).map { text, members in
                    var tree = tree
                    for (key, value) in members {
                        try tree.set(key, to: value, place: "\(file) (sweep.\(axis.key))")
                    }
                    return (settings + [(axis.key, text)], tree)
                }
            }
        }
        let asked = nodes[StudyFile.SweepAxis.strength]
        points = try trees.map { settings, tree in
            var tree = tree
            // The numbers of a grid are checked where the study's own are.
            try tree.set("analyze.scaling", to: asked ?? Node([Node("1")], Tag(.seq)), place: file)
            return Point(settings: settings, study: try tree.study())
        }
        // Ascending, so that along a run they go one way.
        strengths = points.first?.study.analyze.scaling.sorted() ?? []
    }

    /// What each value of an axis sets, by key path.
    private static func choices(_ axis: StudyFile.SweepAxis, _ node: Node?) -> [[(key: String, value: Node)]] {
        guard axis.key == StudyFile.SweepAxis.variant else {
            return (node.map { $0.sequence.map(Array.init) ?? [$0] } ?? []).map { [(axis.key, $0)] }
        }
        return (node?.mapping ?? [:]).map { $0.value.mapping?.map { ($0.key.string ?? "", $0.value) } ?? [] }
    }
}
