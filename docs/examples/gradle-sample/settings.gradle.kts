rootProject.name = "gramian-sample"
