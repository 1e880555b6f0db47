import LanguageModel

extension StudyRun {
    func replay(after: CausalModel) throws {}
}
