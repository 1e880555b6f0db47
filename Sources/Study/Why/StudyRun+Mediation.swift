import LanguageModel

extension StudyRun {
    func mediation(after: CausalModel) throws {}
}
