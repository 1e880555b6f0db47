import Analyze
import Records

extension Context {
    /// One control that a domain's change is held against.
    private struct Control {
        var row: TransferRow
        var label: String
        /// Path of the control's own numbers.
        var path: String
        /// Path of τ.
        var tau: String
        var median: String
        var lower: String
        var upper: String
        var p: String
        var draws: String
        var band: ClosedRange<Double>?
        /// Whether the change goes beyond it; nil when too few draws allow no answer.
        var exceeds: Bool?
    }

    /// τ against everything that damage alone would give.
    func damageBlocks(_ result: AttributionResult) -> [Block] {
        let rows = transfers(result.benchmark).filter { $0.row.role != .target }
        let controls = rows.flatMap { self.controls($0.row, $0.path, result) }
        guard !controls.isEmpty else { return [notComputed("Controls", result, ["null", "neutral"])] }
        let lines = rows.map { row, path in damageLine(row, controls.filter { $0.row.domain == row.domain }, result) }
        var blocks: [Block] = [
            .paragraph([
                .strong(damageLead(rows.map(\.row), controls)),
                """
                 Damage moves every preference a little, so the change is held against what an update does that aims \
                at nothing: random updates of equal divergence, runs that forget neutral words, and preferences between \
                neutral words in the same model. A change that damage makes also stays when the update is reversed; \
                that is its even part. (Interventions, but for the neutral pairs, which compare two sets of items in \
                one model.)
                """,
            ]), .list(lines),
        ]
        blocks.append(.pictures([damagePicture(controls)], wide: true))
        blocks.append(.table(damageTable(controls)))
        let neutral = result.alignment.filter { item in rows.contains { $0.row.domain == item.domain } }
        return blocks + reasons(neutral.map { ("neutral pairs of \($0.domain)", $0.neutral) })
    }

    private func controls(_ row: TransferRow, _ path: String, _ result: AttributionResult) -> [Control] {
        let isAway = probabilityKey(row) == "p_away"
        var out = zip(row.nulls, Slug.unique(row.nulls.map(\.kind))).map { null, key in
            let here = path + ".nulls." + key
            let corrected = isAway ? null.pAwayHolm : null.pTowardHolm
            let p = corrected ?? (isAway ? null.pAway : null.pToward)
            return Control(
                row: row, label: Context.nullName(null.kind), path: here, tau: path + ".tau", median: here + ".median",
                lower: here + ".lower", upper: here + ".upper",
                p: here + "." + probabilityKey(row) + (corrected == nil ? "" : "_holm"), draws: here + ".count",
                band: ClosedRange(Interval(lower: null.lower, upper: null.upper)),
                exceeds: decided(p, floor: null.pFloor))
        }
        if let (item, key) = keyed(result.alignment, by: \.domain).first(where: { $0.0.domain == row.domain }),
            item.neutral.value != nil
        {
            let here = "why.alignment.whole.\(key).neutral"
            out.append(
                Control(
                    row: row, label: "neutral pairs", path: here, tau: path + ".tau", median: here + ".control_median",
                    lower: here + ".control_lower", upper: here + ".control_upper", p: here + ".p",
                    draws: here + ".controls", band: ClosedRange(controlOf: item.neutral),
                    exceeds: item.neutral.p.flatMap { decided($0, floor: 1 / Double(1 + item.neutral.controls)) }))
        }
        return out
    }

    private func decided(_ p: Double, floor: Double) -> Bool? {
        NullComparison.exceeds(p: p, floor: floor, alpha: analysis.settings.alpha)
    }

    private func damageLead(_ rows: [TransferRow], _ controls: [Control]) -> String {
        func domains(_ condition: ([Control]) -> Bool) -> [String] {
            rows.filter { row in
                let own = controls.filter { $0.row.domain == row.domain && $0.exceeds != nil }
                return row.direction != .undecided && !own.isEmpty && condition(own)
            }.map(\.domain)
        }
        let beyond = domains { $0.allSatisfy { $0.exceeds == true } }
        let within = domains { $0.contains { $0.exceeds == false } }
        var out: [String] = []
        if !beyond.isEmpty { out.append("The change of \(Context.joined(beyond)) is more than damage gives.") }
        if !within.isEmpty { out.append("For \(Context.joined(within)), damage alone may give as much.") }
        if out.isEmpty { out.append(nothingMoved) }
        return out.joined(separator: " ")
    }

    private func damageLine(_ row: TransferRow, _ controls: [Control], _ result: AttributionResult) -> [Inline] {
        guard row.direction != .undecided else { return [name(row.domain), ": no change that could be told from 0."] }
        var out: [Inline] = [name(row.domain), ": "]
        for (holds, words) in [(true, "beyond "), (false, "not beyond ")] {
            let those = controls.filter { $0.exceeds == holds }
            if those.isEmpty { continue }
            if out.count > 2 { out.append("; ") }
            out.append(.text(words))
            out += Array(
                those.map { control -> [Inline] in [.text(control.label + " (p "), n(control.p, .probability), ")"] }
                    .joined(separator: [", "]))
        }
        let undecided = controls.filter { $0.exceeds == nil }
        if !undecided.isEmpty {
            out.append(
                .text(
                    (out.count > 2 ? "; " : "") + "too few draws to tell from \(Context.joined(undecided.map(\.label)))"
                ))
        }
        if let (dose, path) = doses(result.benchmark).first(where: { $0.row.domain == row.domain }), dose.atOne != nil {
            out += [
                .text(out.count > 2 ? "; " : ""), "odd part ", n(path + ".at_one.odd.value", .signed), ", even part ",
                n(path + ".at_one.even.value", .signed),
            ]
        }
        return out + ["."]
    }

    private func damagePicture(_ controls: [Control]) -> Picture {
        let rows = controls.map { control in
            IntervalPlot.Row(
                label: control.label, index: index(control.row.domain), value: control.row.tau,
                interval: ClosedRange(control.row.interval), band: control.band,
                text: NumberText.text(control.row.tau, .signed), group: control.row.domain)
        }
        let plot = IntervalPlot(
            title: "Change of bias against its controls",
            summary: controls.map { "\($0.row.domain) against \($0.label)" }.joined(separator: ", "),
            xLabel: "τ, nats per token", rows: rows)
        return Picture(
            plot.element,
            caption: ["Dot and line: τ with its interval. Grey band: where the control puts it, 95 of 100."])
    }

    private func damageTable(_ controls: [Control]) -> Table {
        Table(
            "τ against controls; p is one-sided, after Holm for kinds of null with enough draws",
            [
                .init("Domain", numeric: false), .init("Control", numeric: false), .init("τ"),
                .init("Control median"), .init("95 % band"), .init("p"), .init("Draws"),
                .init("Reads as", numeric: false),
            ],
            controls.map { control in
                [
                    [name(control.row.domain)], [.text(control.label)], [n(control.tau + ".value", .signed)],
                    optional(control.median, .signed), ledger.interval(control.lower, control.upper, .signed),
                    probability(control.p), [n(control.draws, .count)],
                    [.text(control.exceeds.map { $0 ? "beyond" : "within" } ?? "too few draws")],
                ]
            })
    }

    /// A kind of null update as a reader says it.
    static func nullName(_ kind: String) -> String {
        switch kind {
        case "random-update": "random updates"
        case "neutral-words": "neutral words forgotten"
        default: kind
        }
    }

    /// Items with the keys under which the tree holds them.
    func keyed<Item>(_ items: [Item], by name: (Item) -> String) -> [(Item, String)] {
        Array(zip(items, Slug.unique(items.map(name))))
    }
}
