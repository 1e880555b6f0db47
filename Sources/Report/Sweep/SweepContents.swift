import Analyze
import Records

/// sweep.json: every point of a sweep with its numbers.
package struct SweepContents {
    let schema = "driftscope-sweep"
    let schemaVersion = "1.0"
    let version: String
    let created: String
    let command: String
    let model: String
    /// What is forgotten; of several domains, their names as a sentence has them.
    let target: String
    let targets: [String]
    let benchmark: String
    /// B of the model before, of several targets the mean |B|; nil where no point was made.
    let biasBefore: Double?
    let axes: [SweepAxisRow]
    let points: [SweepPoint]
    let failed: [FailedSetting]
    let study: String

    /// - Parameters:
    ///   - axes: the keys that are varied, each with its values.
    ///   - biasBefore: B of the target, or the mean |B| of several, under the model before; nil where no point was made.
    ///   - points: with the front marked.
    ///   - study: the study with every default, the sweep among them.
    package init(
        version: String, created: String, command: String, model: String, targets: [String], benchmark: String?,
        biasBefore: Double?, axes: [(key: String, values: [String])], points: [SweepPoint],
        failed: [FailedSetting], study: String
    ) {
        (self.version, self.created, self.command) = (version, created, ReaderText.command(command))
        (self.model, target, self.benchmark) = (ReaderText.model(model), targets.inWords(), benchmark ?? "")
        self.targets = targets
        self.biasBefore = biasBefore
        self.axes = axes.map { SweepAxisRow(key: $0.key, values: $0.values) }
        (self.points, self.failed, self.study) = (points, failed, ReaderText.study(study))
    }
}

struct SweepAxisRow {
    let key: String
    let values: [String]
}

/// A setting of which no point could be made.
package struct FailedSetting: Sendable {
    let settings: [SweepSetting]
    let reason: String

    package init(settings: [SweepSetting], reason: String) { (self.settings, self.reason) = (settings, reason) }
}

extension DomainChange: DomainRow {
    static var layout: ReportKeys<Self> { [\.domain: .hidden, \.tau: ""] }
}

extension SweepPoint: ReportLayout {
    static var layout: ReportKeys<Self> {
        [\.biasInterval: .ends("bias_interval"), \.tauInterval: .ends("tau_interval")]
    }
}

extension RenderedReport {
    /// The report of a sweep, all its numbers from sweep.json.
    package init(_ contents: SweepContents) {
        let encoder = ReportEncoder()
        let tree = encoder.encode(contents)
        self.init(SweepPage(sweep: Node(contents, path: "", encoder: encoder)).page(), tree: tree)
    }
}
