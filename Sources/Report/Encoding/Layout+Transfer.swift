import Analyze

// Where the scores of a benchmark stand in report.json, as far as that is not under their own names. A number with its
// interval is an object of value, lower and upper.

extension ScoreRow: ReportLayout, ReportRow {
    package static var layout: ReportKeys<Self> {
        [\.benchmark: .hidden, \.domain: .hidden]
    }
    package var reportNames: [String] { [domain] }
}

extension ScoreSummary: ReportLayout {
    package static var layout: ReportKeys<Self> {
        [
            \.bias: "bias.value", \.biasInterval: .ends("bias"), \.share: "share.value",
            \.shareInterval: .ends("share"), \.meanAbsoluteGap: "mean_absolute_gap.value",
            \.meanAbsoluteGapInterval: .ends("mean_absolute_gap"),
        ]
    }
}

extension TransferRow: ReportLayout, ReportRow {
    package static var layout: ReportKeys<Self> {
        [\.benchmark: .hidden, \.domain: .hidden, \.tau: "tau.value", \.interval: .ends("tau")]
    }
    package var reportNames: [String] { [domain] }
}

extension ClusterInterval: ReportLayout, ReportRow {
    package static var layout: ReportKeys<Self> {
        [\.kind: .hidden, \.interval: .ends("")]
    }
    package var reportNames: [String] { [kind] }
}

extension SubsetTransfer: ReportLayout {
    package static var layout: ReportKeys<Self> {
        [\.tau: "tau.value", \.interval: .ends("tau")]
    }
}

extension NullComparison: ReportLayout, ReportRow {
    package static var layout: ReportKeys<Self> {
        [
            \.kind: .hidden, \.isFirstOrder: "first_order", \.excess: "excess.value",
            \.excessInterval: .ends("excess"),
        ]
    }
    package var reportNames: [String] { [kind] }
}

extension NullCalibration: ReportLayout {
    package static var layout: ReportKeys<Self> { [\.rootMeanSquareError: "rms_error"] }
}

extension UpdateScalingResult: ReportLayout, ReportRow {
    package static var layout: ReportKeys<Self> {
        [\.benchmark: .hidden, \.domain: .hidden]
    }
    package var reportNames: [String] { [domain] }
}

extension UpdateScalingPoint: ReportLayout {
    package static var layout: ReportKeys<Self> {
        [\.bias: "bias.value", \.interval: .ends("bias")]
    }
}

extension OddEvenPart: ReportLayout {
    package static var layout: ReportKeys<Self> {
        [
            \.odd: "odd.value", \.oddInterval: .ends("odd"), \.even: "even.value",
            \.evenInterval: .ends("even"),
        ]
    }
}

extension Verdict: ReportLayout, ReportRow {
    package static var layout: ReportKeys<Self> {
        [\.benchmark: .hidden, \.domain: .hidden]
    }
    package var reportNames: [String] { [domain] }
}

extension DecidingNumber: ReportLayout {
    package static var layout: ReportKeys<Self> {
        [\.quantity: .hidden, \.name: "name", \.interval: .ends(""), \.isWaived: .hidden]
    }
}
