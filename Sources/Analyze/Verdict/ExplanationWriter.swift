import Records

/// Puts what carries a change into one sentence.
enum ExplanationWriter {
    static func sentence(_ facts: ExplanationFacts, rivals: [Rival], outcome: VerdictOutcome?) -> String {
        let fell = abs(facts.row.biasAfter) < abs(facts.row.biasBefore)
        let what = "The \(fell ? "fall" : "rise") of the \(facts.domain) bias"
        func standing(_ explanation: Explanation) -> SupportLevel {
            rivals.first { $0.explanation == explanation }?.standing ?? .notTested
        }
        if outcome == .damage || standing(.damage) == .supported {
            return "\(what) does not exceed general degradation of the model, so it needs no other explanation."
        }
        if outcome == .noTransfer { return "\(what) lies within the margin, so there is no transfer to explain." }
        func named(_ words: [(explanation: Explanation, text: String)], _ wanted: SupportLevel) -> [String] {
            words.filter { standing($0.explanation) == wanted }.map(\.text)
        }
        let supported: [(Explanation, String)] = [
            (.retain, "the retain term" + retainShare(facts)),
            (.leakage, "forget sentences that speak of \(facts.domain)"),
            (.sharedWords, "harmful words that are used against \(facts.domain) too" + wordShare(facts)),
            (.sharedSubspace, "directions in which the model tells both kinds of groups apart" + mediated(facts)),
            (.sharedContexts, "a shift that all words share"), (.optimizer, "the optimiser's own steps"),
            (.benchmark, "chance in the benchmark's items"),
        ]
        let carriers = named(supported, .supported)
        guard !carriers.isEmpty else {
            let open = rivals.filter { [.undecided, .notTested].contains($0.standing) }.map(\.explanation.rawValue)
            return "What carries \(what.prefix(1).lowercased() + what.dropFirst()) is open"
                + (open.isEmpty ? "." : ": undecided or not tested are \(open.inWords()).")
        }
        let contradicted: [(Explanation, String)] = [
            (.sharedWords, "shared harmful words"), (.sharedSubspace, "shared directions"), (.damage, "general damage"),
        ]
        let not = named(contradicted, .contradicted)
        return "\(what) goes with \(carriers.inWords())" + (not.isEmpty ? "." : "; not with \(not.inWords("or")).")
    }

    private static func mediated(_ facts: ExplanationFacts) -> String {
        facts.shared?.share.value.map { " (\(percent($0)) of it)" } ?? ""
    }

    private static func wordShare(_ facts: ExplanationFacts) -> String {
        facts.contributions?.sharedWordShare.map { " (\(percent($0)) of what forgetting did)" } ?? ""
    }

    private static func retainShare(_ facts: ExplanationFacts) -> String {
        guard let alignment = facts.alignment, let retain = alignment.retain else { return "" }
        return " (\(short(retain)) of \(short(alignment.path)) along the path)"
    }

    private static func percent(_ share: Double) -> String { "\(Int((100 * share).rounded())) %" }
}
